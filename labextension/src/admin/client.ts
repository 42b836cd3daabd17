/**
 * Calls of administration, loaded with its page.
 */
import type {
  AdminEvent,
  AdminItem,
  AdminTransferred,
  AdminUser,
  AdminUserCreate,
  AdminUserCreated,
  AdminUserPatch,
  InstallationSettings,
  InstallationSettingsPatch,
  Invitation,
  InvitationCreate,
  KillSwitches,
  KillSwitchTurn,
  Layout,
  NewInvitation,
  OwnTenant,
  Page,
  SealState,
  TenantInfo,
  Workflow
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
  actor?: string;
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

  create(body: AdminUserCreate): Promise<AdminUserCreated> {
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
    query: { resource: AdminItem['resource']; cursor?: string | null },
    signal?: AbortSignal
  ): Promise<Page<AdminItem>> {
    return this._connection.send(
      `admin/users/${encodeURIComponent(id)}/items`,
      { query, signal }
    );
  }

  removeItem(id: string, item: AdminItem): Promise<void> {
    const path = [id, 'items', item.resource, item.id];
    return this._connection.send(
      `admin/users/${path.map(encodeURIComponent).join('/')}`,
      { method: 'DELETE' }
    );
  }

  /** Make another person the owner of some of what a person saved; null: of everything. */
  transfer(
    id: string,
    to: string,
    items: readonly string[] | null
  ): Promise<AdminTransferred> {
    return this._connection.send(
      `admin/users/${encodeURIComponent(id)}/transfer`,
      { method: 'POST', json: items === null ? { to } : { to, items } }
    );
  }

  /** The content of something that a person saved; the person's activity shows it. */
  openItem(id: string, item: AdminItem): Promise<Workflow | Layout> {
    const path = [id, 'items', item.resource, item.id];
    return this._connection.send(
      `admin/users/${path.map(encodeURIComponent).join('/')}`
    );
  }

  invitations(
    query: { q?: string; state?: string; cursor?: string },
    signal?: AbortSignal
  ): Promise<Page<Invitation>> {
    return this._connection.send('admin/invitations', { query, signal });
  }

  invite(body: InvitationCreate): Promise<NewInvitation> {
    return this._connection.send('admin/invitations', {
      method: 'POST',
      json: body
    });
  }

  resendInvitation(id: string): Promise<Invitation> {
    return this._connection.send(
      `admin/invitations/${encodeURIComponent(id)}/resend`,
      { method: 'POST', json: {} }
    );
  }

  revokeInvitation(id: string): Promise<void> {
    return this._connection.send(
      `admin/invitations/${encodeURIComponent(id)}`,
      { method: 'DELETE' }
    );
  }

  events(query: EventsQuery, signal?: AbortSignal): Promise<Page<AdminEvent>> {
    return this._connection.send('admin/audit', { query, signal });
  }

  /** How the tenant's events are sealed; with a check of the newest ones for operators. */
  seals(signal?: AbortSignal): Promise<SealState> {
    return this._connection.send('admin/audit/seals', { signal });
  }

  exportEvents(query: EventsQuery): Promise<Blob> {
    return this._connection.send('admin/audit/export', {
      query,
      answer: 'blob'
    });
  }

  ownTenant(signal?: AbortSignal): Promise<OwnTenant> {
    return this._connection.send('admin/tenant', { signal });
  }

  renameOwnTenant(name: string): Promise<OwnTenant> {
    return this._connection.send('admin/tenant', {
      method: 'PATCH',
      json: { name }
    });
  }

  tenants(
    query: { q?: string; cursor?: string | null },
    signal?: AbortSignal
  ): Promise<Page<TenantInfo>> {
    return this._connection.send('admin/tenants', { query, signal });
  }

  renameTenant(id: string, name: string): Promise<TenantInfo> {
    return this._connection.send(`admin/tenants/${encodeURIComponent(id)}`, {
      method: 'PATCH',
      json: { name }
    });
  }

  killSwitches(signal?: AbortSignal): Promise<KillSwitches> {
    return this._connection.send('admin/kill-switch', { signal });
  }

  async turn(body: KillSwitchTurn): Promise<KillSwitches> {
    const switches = await this._connection.send<KillSwitches>(
      'admin/kill-switch',
      { method: 'POST', json: body }
    );
    if (!switches.access.on) {
      this._connection.maintenance.forget();
    }
    return switches;
  }

  settings(signal?: AbortSignal): Promise<InstallationSettings> {
    return this._connection.send('admin/settings', { signal });
  }

  changeSettings(
    body: InstallationSettingsPatch
  ): Promise<InstallationSettings> {
    return this._connection.send('admin/settings', {
      method: 'PATCH',
      json: body
    });
  }

  private _act<T>(id: string, act: string): Promise<T> {
    return this._connection.send(
      `admin/users/${encodeURIComponent(id)}/${act}`,
      { method: 'POST', json: {} }
    );
  }
}
