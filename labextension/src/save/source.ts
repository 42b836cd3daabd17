/**
 * What an open document holds, as the content of a workflow.
 */
import { PathExt } from '@jupyterlab/coreutils';
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import type { FileEditor } from '@jupyterlab/fileeditor';
import type { NotebookPanel } from '@jupyterlab/notebook';

import type { Source } from './model';

/** The part of a notebook's model that is read. */
export interface INotebookLike {
  toJSON(): unknown;
  readonly cells: Iterable<{
    readonly type: string;
    readonly trusted: boolean;
    readonly sharedModel: { getSource(): string };
  }>;
}

/** The content of a notebook. Not entirely trusted: somebody else's work, and marked so. */
export function notebookSource(model: INotebookLike): Source {
  const foreign = Array.from(model.cells).some(
    cell =>
      cell.type === 'code' &&
      !cell.trusted &&
      cell.sharedModel.getSource().trim() !== ''
  );
  return {
    kind: 'notebook',
    // A copy: the model goes on changing while it is sent.
    notebook: JSON.parse(JSON.stringify(model.toJSON())) as Record<
      string,
      unknown
    >,
    origin: foreign ? 'imported' : 'authored'
  };
}

/** The content of the document in a widget, or null when it is not ready. */
export function sourceOf(
  widget: NotebookPanel | IDocumentWidget<FileEditor>,
  isNotebook: boolean
): Source | null {
  if (isNotebook) {
    const model = (widget as NotebookPanel).model;
    return model ? notebookSource(model) : null;
  }
  const editor = (widget as IDocumentWidget<FileEditor>).content;
  return {
    kind: 'python',
    code: editor.model.sharedModel.getSource(),
    origin: 'authored'
  };
}

/** A name to start from: the file's, without folder and extension. */
export function suggestedName(path: string): string {
  // The drive's name ends with a colon, as in `QuantLab:Project/name.py`.
  const local = path.slice(path.indexOf(':') + 1);
  return PathExt.basename(local, PathExt.extname(local));
}

/** An empty notebook in the format that JupyterLab writes. */
export function emptySource(kind: Source['kind']): Source {
  if (kind === 'python') {
    return { kind, code: '', origin: 'authored' };
  }
  return {
    kind,
    notebook: {
      cells: [],
      metadata: {
        kernelspec: {
          display_name: 'Python 3 (ipykernel)',
          language: 'python',
          name: 'python3'
        },
        language_info: { name: 'python' }
      },
      nbformat: 4,
      nbformat_minor: 5
    },
    origin: 'authored'
  };
}
