/**
 * From paths of the drive to workflows and back.
 */
import type { QuantLabClient } from '../api/client';
import { NotFoundError } from '../api/errors';
import type { Project, WorkflowItem, SavedQuery } from '../api/models';
import type { PathTarget } from './paths';
import { idSuffix, localPath, parsePath } from './paths';

type WorkflowTarget = Extract<PathTarget, { type: 'workflow' }>;

/** How long a list of projects is believed. Milliseconds. */
const FRESH = 10_000;

/** Finds workflows by path, remembering what was just seen. */
export class PathResolver {
  constructor(private readonly _client: QuantLabClient) {}

  /** The local path of a workflow. */
  async place(item: WorkflowItem): Promise<string> {
    let local: string;
    if (item.access !== 'owner') {
      const owner = item.owner_name ?? item.owner_id;
      const plain = localPath({ ...item, project: null, owner });
      const others = await this._shared(parsePath(plain) as WorkflowTarget);
      local = others.some(other => other.id !== item.id)
        ? localPath({ ...item, project: null, owner, ambiguousId: item.id })
        : plain;
    } else {
      const project = await this._projectName(item.project_id);
      local = localPath({ ...item, project });
    }
    this._ids.set(local, item.id);
    return local;
  }

  /** The workflow at a path, without content; null: none there. */
  async find(local: string): Promise<WorkflowItem | null> {
    const target = parsePath(local);
    if (target.type !== 'workflow') {
      return null;
    }
    const found = target.owner
      ? (await this._shared(target))[0]
      : await this._own(target);
    if (found) {
      this._ids.set(localKey(local), found.id);
    }
    return found ?? null;
  }

  /** The id last seen at a path. The caller checks that it still lives there. */
  knownId(local: string): string | null {
    return this._ids.get(localKey(local)) ?? null;
  }

  /** Forget what was seen at a path. */
  forget(local: string): void {
    this._ids.delete(localKey(local));
  }

  /** All projects of the person. */
  async projects(fresh = false): Promise<Project[]> {
    if (fresh || !this._projects || Date.now() - this._asked > FRESH) {
      this._asked = Date.now();
      const asking = this._client.projects();
      this._projects = asking;
      asking.catch(() => {
        this._projects = null;
      });
    }
    return this._projects;
  }

  /** Somebody changed the projects. */
  projectsChanged(): void {
    this._projects = null;
  }

  /** A project by its name, or null. */
  async project(name: string): Promise<Project | null> {
    for (const fresh of [false, true]) {
      const found = (await this.projects(fresh)).find(
        project => project.name.normalize('NFC') === name
      );
      if (found) {
        return found;
      }
    }
    return null;
  }

  /**
   * The id of a folder's project; null for the drive's root.
   *
   * @throws NotFoundError when there is no such project
   */
  async projectId(name: string | null): Promise<string | null> {
    if (name === null) {
      return null;
    }
    const project = await this.project(name);
    if (!project) {
      throw notFound(name);
    }
    return project.id;
  }

  /** Every workflow that a query finds, page after page. */
  async all(query: SavedQuery): Promise<WorkflowItem[]> {
    const found: WorkflowItem[] = [];
    let cursor: string | undefined;
    do {
      const page = await this._client.workflows.list({
        limit: 200,
        ...query,
        cursor
      });
      found.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    return found;
  }

  private async _own(
    target: WorkflowTarget
  ): Promise<WorkflowItem | undefined> {
    let project = 'none';
    if (target.project !== null) {
      const found = await this.project(target.project);
      if (!found) {
        return undefined;
      }
      project = found.id;
    }
    const items = await this.all({
      name: target.name,
      kind: target.kind,
      project
    });
    return items.find(
      item =>
        item.access === 'owner' && item.name.normalize('NFC') === target.name
    );
  }

  private async _shared(target: WorkflowTarget): Promise<WorkflowItem[]> {
    const items = await this.all({
      shared: true,
      name: target.name,
      kind: target.kind
    });
    return items.filter(
      item =>
        item.access !== 'owner' &&
        (item.owner_name ?? item.owner_id) === target.owner &&
        (target.idSuffix === null || idSuffix(item.id) === target.idSuffix)
    );
  }

  private async _projectName(id: string | null): Promise<string | null> {
    if (id === null) {
      return null;
    }
    for (const fresh of [false, true]) {
      const found = (await this.projects(fresh)).find(
        project => project.id === id
      );
      if (found) {
        return found.name;
      }
    }
    return null;
  }

  private _ids = new Map<string, string>();
  private _projects: Promise<Project[]> | null = null;
  private _asked = 0;
}

/** A path as it is remembered. */
function localKey(local: string): string {
  return local.normalize('NFC');
}

/** The error for a path that leads nowhere; JupyterLab looks at `response.status`. */
export function notFound(path: string): Error {
  const error = new NotFoundError(404, {
    code: 'not_found',
    message: `There is no workflow or project “${path}”.`,
    request_id: ''
  });
  return Object.assign(error, { response: { status: 404 } });
}
