/**
 * Wire types of the QuantLab API, in the shape that openapi-typescript generates.
 */
export interface components {
  schemas: {
    /** @enum {string} */
    AuthConfig: {
      mode: 'embedded' | 'central';
      registration: 'open' | 'invitation' | 'closed';
      local_account: boolean;
      local_signed_out: boolean;
      verification: boolean;
      password_min: number;
      password_max: number;
    };
    User: {
      id: string;
      tenant_id: string;
      tenant_name: string;
      username: string;
      email: string | null;
      role: 'user' | 'admin' | 'operator';
      tier: string;
      is_local: boolean;
    };
    Tokens: {
      access_token: string;
      token_type: 'Bearer';
      expires_in: number;
      user: components['schemas']['User'];
      refresh_token?: string | null;
    };
    Register: {
      username: string;
      email: string;
      password: string;
      transport?: 'cookie' | 'body';
    };
    LogIn: {
      login: string;
      password: string;
      otp?: string | null;
      transport?: 'cookie' | 'body';
    };
    LogOut: { scope?: 'this' | 'others' | 'all' };
    Session: {
      id: string;
      kind: 'password' | 'local';
      created_at: string;
      last_used_at: string;
      expires_at: string;
      address: string | null;
      user_agent: string | null;
      current: boolean;
    };
    Quota: { used: number; limit: number };
    Preferences: {
      theme?: 'system' | 'light' | 'dark';
      timezone?: string | null;
      chart_defaults?: { [key: string]: unknown };
      notifications?: { [key: string]: unknown };
    };
    Profile: {
      user: components['schemas']['User'];
      username: string;
      email: string | null;
      role: 'user' | 'admin' | 'operator';
      tier: string;
      preferences: components['schemas']['Preferences'];
      default_layout_id: string | null;
      quotas: { [key: string]: components['schemas']['Quota'] };
      created_at: string;
    };
    ProfileUpdate: {
      username?: string | null;
      preferences?: components['schemas']['Preferences'] | null;
      default_layout_id?: string | null;
    };
    ChangePassword: { current_password: string; new_password: string };
    KernelTokenRequest: { kernel_id?: string | null };
    KernelToken: {
      token: string;
      token_type: 'Bearer';
      expires_in: number;
      scopes: string[];
    };
    FieldError: { path: string; code: string; message: string };
    ErrorBody: {
      code: string;
      message: string;
      request_id: string;
      fields?: components['schemas']['FieldError'][] | null;
    } & { [key: string]: unknown };
    Project: {
      id: string;
      name: string;
      description: string;
      workflows: number;
      created_at: string;
      updated_at: string;
    };
    ProjectCreate: { name: string; description?: string };
    ProjectUpdate: { name?: string | null; description?: string | null };
    Trust: {
      trusted: boolean;
      auto_run: boolean;
      reason:
        'own' | 'never_run' | 'edited_by_other' | 'imported' | 'token_written';
    };
    TrustPut: { version: number; act: 'ran' | 'trusted' };
    WorkflowItem: {
      id: string;
      name: string;
      kind: 'notebook' | 'python';
      description: string;
      tags: string[];
      project_id: string | null;
      pinned: boolean;
      version: number;
      size: number;
      created_at: string;
      updated_at: string;
      deleted_at?: string | null;
      owner_id: string;
      owner_name?: string | null;
      access: 'owner' | 'edit' | 'view';
    };
    Workflow: components['schemas']['WorkflowItem'] & {
      notebook?: { [key: string]: unknown } | null;
      code?: string | null;
      trust?: components['schemas']['Trust'] | null;
    };
    WorkflowVersion: components['schemas']['WorkflowItem'] & {
      notebook?: { [key: string]: unknown } | null;
      code?: string | null;
    };
    WorkflowCreate: {
      name: string;
      code?: string | null;
      notebook?: { [key: string]: unknown } | null;
      description?: string;
      tags?: string[];
      project_id?: string | null;
      pinned?: boolean;
      origin?: 'authored' | 'imported';
    };
    WorkflowUpdate: {
      name?: string | null;
      code?: string | null;
      notebook?: { [key: string]: unknown } | null;
      description?: string | null;
      tags?: string[] | null;
      project_id?: string | null;
      pinned?: boolean | null;
      origin?: 'authored' | 'imported';
    };
    SavedPatch: {
      name?: string | null;
      description?: string | null;
      tags?: string[] | null;
      project_id?: string | null;
      pinned?: boolean | null;
    };
    DuplicateRequest: { name?: string | null; project_id?: string | null };
    UndeleteRequest: { name?: string | null };
    VersionInfo: {
      version: number;
      created_at: string;
      author_id: string;
      author_name?: string | null;
      source:
        | 'create'
        | 'save'
        | 'draft'
        | 'restore'
        | 'duplicate'
        | 'import'
        | 'overwrite'
        | 'merge';
      restored_from?: number | null;
      size: number;
      content_hash: string;
      current: boolean;
    };
    VersionFromDraft: { from: 'draft'; revision: number };
    DiffRow: {
      change: 'same' | 'added' | 'removed' | 'changed';
      cell_type?: string | null;
      left?: string | null;
      right?: string | null;
      outputs_changed: boolean;
    };
    VersionDiff: {
      from_version: number;
      to_version: number;
      format: 'nbdime' | 'unified';
      added: number;
      removed: number;
      changed: number;
      rows: components['schemas']['DiffRow'][];
      diff?: unknown;
    };
    DraftPut: {
      base_version: number;
      content: { [key: string]: unknown } | string;
    };
    Draft: {
      base_version: number;
      revision: number;
      updated_at: string;
      stale: boolean;
      content?: { [key: string]: unknown } | string | null;
    };
    MergeRequest: {
      base_version: number;
      content: { [key: string]: unknown } | string;
    };
    MergeResult: {
      base_version: number;
      current_version: number;
      conflicts: number;
      content: { [key: string]: unknown } | string;
    };
    ImportReport: {
      imported: number;
      skipped: number;
      failed: number;
      items: components['schemas']['ImportItem'][];
    };
    ImportItem: {
      path: string;
      status: 'imported' | 'skipped' | 'failed';
      name?: string | null;
      id?: string | null;
      code?: string | null;
      message?: string | null;
    };
  };
}
