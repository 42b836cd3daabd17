/**
 * What the drive answers: JupyterLab's contents models made of workflows and projects. Pure.
 */
import type { Contents } from '@jupyterlab/services';

import { ConflictError } from '../api/errors';
import type { Project, WorkflowItem } from '../api/models';
import type { WorkflowContent } from './content';
import { fileName } from './paths';

/** What JupyterLab asks for. */
export type Format = 'json' | 'text' | 'base64';

/** A workflow as a file, without content. */
export function fileModel(local: string, item: WorkflowItem): Contents.IModel {
  return {
    name: local.split('/').pop() ?? fileName(item.name, item.kind),
    path: local,
    type: item.kind === 'notebook' ? 'notebook' : 'file',
    writable: item.access !== 'view',
    created: item.created_at,
    last_modified: item.updated_at,
    mimetype: item.kind === 'notebook' ? '' : 'text/x-python',
    format: null,
    content: null,
    size: item.size
  };
}

/** A project, the root or the folder of shared ones. */
export function folderModel(
  local: string,
  content: Contents.IModel[] | null,
  project?: Project
): Contents.IModel {
  const epoch = new Date(0).toISOString();
  return {
    name: local.split('/').pop() ?? '',
    path: local,
    type: 'directory',
    writable: project !== undefined || local === '',
    created: project?.created_at ?? epoch,
    last_modified: project?.updated_at ?? epoch,
    mimetype: '',
    format: content === null ? null : 'json',
    content
  };
}

/** The format a content is handed out in. */
export function formatFor(
  item: Pick<WorkflowItem, 'kind'>,
  asked: Contents.FileFormat | undefined,
  type: string | undefined
): Format {
  if (asked === 'base64') {
    return 'base64';
  }
  const isJson =
    asked === 'json' || (!asked && (type === 'notebook' || type === undefined));
  return item.kind === 'notebook' && isJson ? 'json' : 'text';
}

/** Content in the asked format. */
export function encode(content: WorkflowContent, format: Format): unknown {
  if (format === 'json') {
    return content;
  }
  const text =
    typeof content === 'string' ? content : JSON.stringify(content, null, 1);
  return format === 'text' ? text : toBase64(text);
}

/**
 * Content as JupyterLab hands it over.
 *
 * @throws SyntaxError when a notebook is saved as text that is not JSON
 */
export function decode(
  content: unknown,
  format: Contents.FileFormat | undefined,
  kind: WorkflowItem['kind']
): WorkflowContent {
  if (typeof content !== 'string') {
    return (content ?? {}) as Record<string, unknown>;
  }
  const text = format === 'base64' ? fromBase64(content) : content;
  return kind === 'python'
    ? text
    : (JSON.parse(text) as Record<string, unknown>);
}

function toBase64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  for (const byte of bytes) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary);
}

function fromBase64(text: string): string {
  const bytes = Uint8Array.from(atob(text), char => char.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

/** A refusal in words. */
export function invalid(message: string): Error {
  return Object.assign(new Error(message), { response: { status: 422 } });
}

/** Tries `stem`, `stem 2`, … until the service takes one. */
export async function firstFree(
  stem: string,
  create: (name: string) => Promise<unknown>
): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? stem : `${stem} ${number}`;
    try {
      await create(name);
      return name;
    } catch (error) {
      if (
        !(error instanceof ConflictError) ||
        error.code !== 'name_taken' ||
        number >= 200
      ) {
        throw error;
      }
    }
  }
}
