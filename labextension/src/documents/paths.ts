/**
 * How a workflow is named as a file: `<project>/<name>.ipynb`, `<name>.py`,
 * `Shared/<owner>/<name>.py`. Pure; both directions are exact inverses.
 */
import type { WorkflowKind } from '../api/models';

/** The drive's name, in front of the colon. */
export const DRIVE_NAME = 'QuantLab';

/** The folder of what others share with the person. */
export const SHARED_FOLDER = 'Shared';

const EXTENSIONS: Record<WorkflowKind, string> = {
  notebook: '.ipynb',
  python: '.py'
};

/** What a local path of the drive speaks of. */
export type PathTarget =
  | { type: 'root' }
  | { type: 'shared' }
  | { type: 'owner'; owner: string }
  | { type: 'project'; project: string }
  | {
      type: 'workflow';
      name: string;
      kind: WorkflowKind;
      /** The project's name; null outside every project. */
      project: string | null;
      /** The owner's name of what is shared with the person; null for own ones. */
      owner: string | null;
      /** Tells two shared workflows of one name apart: the end of the id. */
      idSuffix: string | null;
    }
  | { type: 'nothing' };

/**
 * A folder name as a path segment. Only names that a path would swallow
 * (`.` and `..`) are written differently; what looks like such a spelling is
 * escaped in turn, so that every name has exactly one segment.
 */
export function folderSegment(name: string): string {
  if (/^\.{1,2}$/.test(name)) {
    return name.replaceAll('.', '%2E');
  }
  if (/^(%(25)*2E){1,2}$/.test(name)) {
    return name.replaceAll('%', '%25');
  }
  return name;
}

/** The inverse of {@link folderSegment}. */
export function folderName(segment: string): string {
  if (/^(%2E){1,2}$/.test(segment)) {
    return segment.replaceAll('%2E', '.');
  }
  if (/^(%(25)+2E){1,2}$/.test(segment)) {
    return segment.replaceAll(/%25/g, '%');
  }
  return segment;
}

/** A workflow's file name. A name that itself ends in an extension keeps it: `a.ipynb.ipynb`. */
export function fileName(name: string, kind: WorkflowKind): string {
  return name + EXTENSIONS[kind];
}

/** A file name's parts, or null when it is not a workflow's. */
export function parseFileName(
  file: string
): { name: string; kind: WorkflowKind } | null {
  for (const kind of ['notebook', 'python'] as const) {
    const extension = EXTENSIONS[kind];
    if (file.endsWith(extension) && file.length > extension.length) {
      return { name: file.slice(0, -extension.length), kind };
    }
  }
  return null;
}

/** What is needed to place a workflow in the drive. */
export interface IPlace {
  name: string;
  kind: WorkflowKind;
  /** The project's name; null outside every project. */
  project: string | null;
  /** Set for what another person shares. */
  owner?: string | null;
  /** The id, written into the path only where names alone are ambiguous. */
  ambiguousId?: string | null;
}

/** The path inside the drive, without its name. */
export function localPath(place: IPlace): string {
  if (place.owner) {
    const name = place.ambiguousId
      ? `${place.name} ~${idSuffix(place.ambiguousId)}`
      : place.name;
    return [
      SHARED_FOLDER,
      folderSegment(place.owner),
      fileName(name, place.kind)
    ].join('/');
  }
  const file = fileName(place.name, place.kind);
  return place.project === null
    ? file
    : `${folderSegment(place.project)}/${file}`;
}

/** The path with the drive's name, as documents and commands carry it. */
export function globalPath(local: string): string {
  return `${DRIVE_NAME}:${local}`;
}

/** The end of an id that shared paths carry where names alone are ambiguous. */
export function idSuffix(id: string): string {
  return id.replaceAll('-', '').slice(-12);
}

/** Whether a path (with drive name) lies in the drive. */
export function isDrivePath(path: string): boolean {
  return path.startsWith(`${DRIVE_NAME}:`);
}

/** The part behind the drive's name. */
export function stripDrive(path: string): string {
  return isDrivePath(path) ? path.slice(DRIVE_NAME.length + 1) : path;
}

/** Reads a local path. Three parts under `Shared` are another person's, two a project's. */
export function parsePath(path: string): PathTarget {
  const parts = path
    .normalize('NFC')
    .split('/')
    .filter(part => part !== '');
  if (parts.length === 0) {
    return { type: 'root' };
  }
  const file = parseFileName(parts[parts.length - 1]);
  if (parts.length === 1) {
    if (file) {
      return own(file, null);
    }
    return parts[0] === SHARED_FOLDER
      ? { type: 'shared' }
      : { type: 'project', project: folderName(parts[0]) };
  }
  if (parts.length === 2) {
    if (file) {
      return own(file, folderName(parts[0]));
    }
    return parts[0] === SHARED_FOLDER
      ? { type: 'owner', owner: folderName(parts[1]) }
      : { type: 'nothing' };
  }
  if (parts.length === 3 && parts[0] === SHARED_FOLDER && file) {
    const suffix = / ~([0-9a-f]{12})$/.exec(file.name);
    return {
      type: 'workflow',
      name: suffix ? file.name.slice(0, suffix.index) : file.name,
      kind: file.kind,
      project: null,
      owner: folderName(parts[1]),
      idSuffix: suffix ? suffix[1] : null
    };
  }
  return { type: 'nothing' };
}

function own(
  file: { name: string; kind: WorkflowKind },
  project: string | null
): PathTarget {
  return {
    type: 'workflow',
    name: file.name,
    kind: file.kind,
    project,
    owner: null,
    idSuffix: null
  };
}
