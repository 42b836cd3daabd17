/**
 * Typed calls on saved objects: the same for every resource that the service keeps versions of.
 */
import type {
  Draft,
  DraftPut,
  MergeRequest,
  MergeResult,
  Page,
  SavedPatch,
  SavedQuery,
  Share,
  SharedAccess,
  Shares,
  VersionDiff,
  VersionInfo
} from './models';
import type { ApiConnection, IRequest } from './request';
import { creation, draftTag, versionTag } from './request';

/** Wire types of one resource. */
export interface ISavedTypes {
  /** What lists show: everything but the content. */
  item: { id: string; version: number };
  /** With its content. */
  whole: object;
  /** A kept version. */
  version: object;
  create: object;
  update: object;
}

/** One resource, such as `workflows`. All methods reject as {@link ApiConnection.request} does. */
export class SavedClient<T extends ISavedTypes> {
  /** @param noun - the resource's part of the address */
  constructor(
    protected readonly connection: ApiConnection,
    protected readonly noun: string
  ) {}

  /** One page, without content. */
  list(query: SavedQuery = {}, signal?: AbortSignal): Promise<Page<T['item']>> {
    return this.connection.send(this.noun, { query, signal });
  }

  /** One object with its content. */
  get(id: string, signal?: AbortSignal): Promise<T['whole']> {
    return this._on(id, '', { signal });
  }

  create(body: T['create'], key?: string): Promise<T['item']> {
    return this.connection.send(this.noun, creation(body, key));
  }

  /** Save content: makes a version. Rejects with StaleError when `version` is not the current one. */
  save(id: string, body: T['update'], version: number): Promise<T['item']> {
    return this._on(id, '', {
      method: 'PUT',
      json: body,
      ifMatch: versionTag(version)
    });
  }

  /** Change what is said about an object; makes no version. */
  patch(id: string, body: SavedPatch): Promise<T['item']> {
    return this._on(id, '', { method: 'PATCH', json: body });
  }

  /** Soft delete, kept for 30 days. */
  delete(id: string): Promise<void> {
    return this._on(id, '', { method: 'DELETE' });
  }

  /** Delete for good. */
  purge(id: string): Promise<void> {
    return this._on(id, '?permanent=true', { method: 'DELETE' });
  }

  /** Bring a deleted object back; rejects with ConflictError when its name has been taken meanwhile. */
  undelete(id: string, name?: string): Promise<T['item']> {
    const json = name === undefined ? {} : { name };
    return this._on(id, '/undelete', { method: 'POST', json });
  }

  duplicate(
    id: string,
    body: { name?: string; project_id?: string | null } = {}
  ): Promise<T['item']> {
    return this._on(id, '/duplicate', creation(body));
  }

  /** Say that the caller opened it, for lists in order of use. Changes nothing of it. */
  opened(id: string): Promise<void> {
    return this._on(id, '/opened', { method: 'POST' });
  }

  /** Who has access. */
  shares(id: string, signal?: AbortSignal): Promise<Shares> {
    return this._on(id, '/shares', { signal });
  }

  /** Give a person of the tenant access, by username or address, or change it. */
  share(id: string, user: string, access: SharedAccess): Promise<Share> {
    return this._on(id, '/shares', { method: 'PUT', json: { user, access } });
  }

  /** End a person's access; without one, the caller leaves. */
  endShare(id: string, user?: string): Promise<void> {
    const query = { user };
    return this._on(id, '/shares', { method: 'DELETE', query });
  }

  /** The caller's draft; rejects with NotFoundError when there is none. */
  draft(id: string, signal?: AbortSignal): Promise<Draft> {
    return this._on(id, '/draft', { signal });
  }

  /** Write the draft. `revision` is the one this write is based on; null: there is none yet. */
  putDraft(
    id: string,
    body: DraftPut,
    revision: number | null,
    signal?: AbortSignal
  ): Promise<Draft> {
    return this._on(id, '/draft', {
      method: 'PUT',
      json: body,
      signal,
      ...(revision === null
        ? { ifNoneMatch: '*' }
        : { ifMatch: draftTag(revision) })
    });
  }

  /** Throw the draft away; with `revision` only that very draft. */
  deleteDraft(id: string, revision?: number): Promise<void> {
    return this._on(id, '/draft', {
      method: 'DELETE',
      ifMatch: revision === undefined ? undefined : draftTag(revision)
    });
  }

  /** Turn the draft at exactly this revision into a version. */
  versionFromDraft(
    id: string,
    revision: number,
    version: number
  ): Promise<T['item']> {
    return this._on(id, '/versions', {
      method: 'POST',
      json: { from: 'draft', revision },
      ifMatch: versionTag(version)
    });
  }

  /** Merge content with the current version; saves nothing. */
  merge(id: string, body: MergeRequest): Promise<MergeResult> {
    return this._on(id, '/merge', { method: 'POST', json: body });
  }

  /** One page of the versions, newest first. */
  versions(
    id: string,
    query: { limit?: number; cursor?: string } = {},
    signal?: AbortSignal
  ): Promise<Page<VersionInfo>> {
    return this._on(id, '/versions', { query, signal });
  }

  /** An old version with its content. */
  version(
    id: string,
    version: number,
    signal?: AbortSignal
  ): Promise<T['version']> {
    return this._on(id, `/versions/${version}`, { signal });
  }

  /** What changed from one version to another. */
  diff(
    id: string,
    from: number,
    to: number,
    signal?: AbortSignal
  ): Promise<VersionDiff> {
    const query = { to };
    return this._on(id, `/versions/${from}/diff`, { query, signal });
  }

  /** Make an old version the current one, as a new version. `current` is the version seen now. */
  restore(id: string, version: number, current: number): Promise<T['whole']> {
    return this._on(id, `/versions/${version}/restore`, {
      method: 'POST',
      json: {},
      ifMatch: versionTag(current)
    });
  }

  /** A call on one object. */
  protected _on<A>(id: string, rest: string, request: IRequest): Promise<A> {
    const path = `${this.noun}/${encodeURIComponent(id)}${rest}`;
    return this.connection.send(path, request);
  }
}
