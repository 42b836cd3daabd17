/**
 * Calls of administration, loaded with its page.
 */
import type {
  AdminEvent,
  AdminItem,
  AdminUser,
  AdminUserCreate,
  AdminUserPatch,
  Page
} from '../api/models';
import type { ApiConnection } from '../api/request';

export type PeopleQuery = {
  q?: string;
  role?: string;
  state?: string;
  sort?: string;
  cursor?: string | null;
};

export type EventsQuery = {
  tag?: string;
  user?: string;
  since?: string;
  until?: string;
  cursor?: string | null;
};

/** The typed calls. All reject as {@link ApiConnection.request} does. */
export class AdminClient {
  constructor(private readonly _connection: ApiConnection) {}

  users(query: PeopleQuery, signal?: AbortSignal): Promise<Page<AdminUser>> {
    return this._connection.send('admin/users', {
      query: { ...query, count: true },
      signal
    });
  }

  create(body: AdminUserCreate): Promise<AdminUser> {
    return this._connection.send('admin/users', { method: 'POST', json: body });
  }

  change(id: string, body: AdminUserPatch): Promise<AdminUser> {
    return this._connection.send(`admin/users/${encodeURIComponent(id)}`, {
      method: 'PATCH',
      json: body
    });
  }

  remove(id: string): Promise<void> {
    return this._connection.send(`admin/users/${encodeURIComponent(id)}`, {
      method: 'DELETE'
    });
  }

  undelete(id: string): Promise<AdminUser> {
    return this._act(id, 'undelete');
  }

  endSessions(id: string): Promise<void> {
    return this._act(id, 'end-sessions');
  }

  items(
    id: string,
    resource: 'workflows' | 'layouts',
    signal?: AbortSignal
  ): Promise<Page<AdminItem>> {
    return this._connection.send(
      `admin/users/${encodeURIComponent(id)}/items`,
      { query: { resource, limit: 200 }, signal }
    );
  }

  removeItem(id: string, item: AdminItem): Promise<void> {
    const path = [id, 'items', item.resource, item.id];
    return this._connection.send(
      `admin/users/${path.map(encodeURIComponent).join('/')}`,
      { method: 'DELETE' }
    );
  }

  events(query: EventsQuery, signal?: AbortSignal): Promise<Page<AdminEvent>> {
    return this._connection.send('admin/audit', { query, signal });
  }

  exportEvents(query: EventsQuery): Promise<Blob> {
    return this._connection.send('admin/audit/export', {
      query,
      answer: 'blob'
    });
  }

  private _act<T>(id: string, act: string): Promise<T> {
    return this._connection.send(
      `admin/users/${encodeURIComponent(id)}/${act}`,
      { method: 'POST', json: {} }
    );
  }
}
