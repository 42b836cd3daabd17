/**
 * Typed calls of the API: one method per endpoint, no state of its own.
 */
import { FactorsClient } from './factors';
import type {
  ApiTokenCreate,
  ApiTokenInfo,
  AuditEvent,
  AuthConfig,
  Bars,
  ChangeEmail,
  ChangePassword,
  DeviceRequest,
  EmailChange,
  ForgotPassword,
  ImportReport,
  Instrument,
  KernelToken,
  Layout,
  LayoutCreate,
  LayoutItem,
  LayoutUpdate,
  LayoutVersion,
  Leaving,
  LogIn,
  LogOutScope,
  NewApiToken,
  Page,
  PersonFound,
  Profile,
  ProfileUpdate,
  Project,
  ProjectCreate,
  ProjectUpdate,
  Register,
  ResendVerification,
  ResetPassword,
  RevertEmail,
  SessionInfo,
  Study,
  StudyEvaluation,
  StudyRange,
  Tokens,
  Trust,
  TrustPut,
  User,
  VerifyEmail,
  Workflow,
  WorkflowCreate,
  WorkflowItem,
  WorkflowUpdate,
  WorkflowVersion
} from './models';
import type { ApiConnection } from './request';
import { creation, versionTag } from './request';
import { InvitationsClient } from './invitations';
import { OidcClient } from './oidc';
import { SavedClient } from './saved';

/** The largest page the service gives. */
export const PAGE_MAX = 200;

/** Wire types of workflows. */
interface IWorkflowTypes {
  item: WorkflowItem;
  whole: Workflow;
  version: WorkflowVersion;
  create: WorkflowCreate;
  update: WorkflowUpdate;
}

/** Wire types of chart layouts. */
interface ILayoutTypes {
  item: LayoutItem;
  whole: Layout;
  version: LayoutVersion;
  create: LayoutCreate;
  update: LayoutUpdate;
}

/** Workflows, which also run. */
export class WorkflowsClient extends SavedClient<IWorkflowTypes> {
  constructor(connection: ApiConnection) {
    super(connection, 'workflows');
  }

  /** Say that this person executed or explicitly trusted a version. */
  putTrust(id: string, body: TrustPut): Promise<Trust> {
    return this._on(id, '/trust', { method: 'PUT', json: body });
  }
}

/** Chart layouts, which have pictures. */
export class LayoutsClient extends SavedClient<ILayoutTypes> {
  constructor(connection: ApiConnection) {
    super(connection, 'layouts');
  }

  /** The small picture, perhaps of an older version. Rejects with NotFoundError when there is none. */
  thumbnail(id: string, signal?: AbortSignal): Promise<Blob> {
    return this._on(id, '/thumbnail', {
      signal,
      answer: 'blob',
      isKept: true
    });
  }

  /** Keep the picture of a version (PNG). Rejects with StaleError when that is not the current one any more. */
  putThumbnail(id: string, picture: Blob, version: number): Promise<void> {
    return this._on(id, '/thumbnail', {
      method: 'PUT',
      body: picture,
      contentType: 'image/png',
      ifMatch: versionTag(version)
    });
  }
}

/** The typed client. All methods reject as {@link ApiConnection.request} does. */
export class QuantLabClient {
  constructor(readonly connection: ApiConnection) {
    this.workflows = new WorkflowsClient(connection);
    this.layouts = new LayoutsClient(connection);
    this.factors = new FactorsClient(connection);
    this.oidc = new OidcClient(connection);
    this.invitations = new InvitationsClient(connection);
  }

  /** Notebooks and scripts. */
  readonly workflows: WorkflowsClient;
  /** Chart layouts. */
  readonly layouts: LayoutsClient;
  /** Second factors and passkeys. */
  readonly factors: FactorsClient;
  /** Log-in at other services. */
  readonly oidc: OidcClient;
  readonly invitations: InvitationsClient;

  // ---- accounts -----------------------------------------------------------------------------------------

  /** What the sign-in forms need to know; needs no session. */
  authConfig(signal?: AbortSignal): Promise<AuthConfig> {
    return this.connection.send('auth/config', { signal, ofSession: true });
  }

  /** Who is here. Rejects with NotSignedInError when nobody is. */
  profile(signal?: AbortSignal): Promise<Profile> {
    return this.connection.send('auth/profile', { signal });
  }

  /** Like {@link profile}, at once: the session itself asks, and a 401 is an answer. */
  whoAmI(): Promise<Profile> {
    return this.connection.send('auth/profile', { ofSession: true });
  }

  /** Change username, preferences or default layout. */
  updateProfile(body: ProfileUpdate): Promise<Profile> {
    return this.connection.send('auth/profile', { method: 'PUT', json: body });
  }

  /** Sign up. Null: a confirmation by mail is needed first. */
  async register(body: Register): Promise<Tokens | null> {
    const answer = await this.connection.request<Tokens>('auth/register', {
      method: 'POST',
      json: body,
      ofSession: true
    });
    return answer.status === 201 ? answer.data : null;
  }

  /** Delete the own account; it can be kept until the answer's day. */
  leave(): Promise<Leaving> {
    return this.connection.send('auth/account', { method: 'DELETE' });
  }

  /** Keep an account that was to be deleted, and sign in, with the token of a refused log-in. */
  async keepAccount(token: string): Promise<Tokens> {
    const answer = await this.connection.request<Tokens>('auth/account/keep', {
      method: 'POST',
      json: { keep_token: token },
      ofSession: true
    });
    return answer.data;
  }

  /** Sign in. */
  async logIn(body: LogIn): Promise<Tokens> {
    const answer = await this.connection.request<Tokens>('auth/login', {
      method: 'POST',
      json: body,
      ofSession: true
    });
    return answer.data;
  }

  /** Sign out here, elsewhere or everywhere. */
  logOut(scope: LogOutScope): Promise<void> {
    return this.connection.send('auth/logout', {
      method: 'POST',
      json: { scope }
    });
  }

  /** Go on as the account of whoever holds this Jupyter server. */
  async continueAsLocal(): Promise<User> {
    // A person's own token would win.
    const answer = await this.connection.request<User>('auth/local', {
      method: 'POST',
      json: {},
      ofSession: true,
      asNobody: true
    });
    return answer.data;
  }

  /** Ask for a mail with a link to choose a new password; the answer is the same for every address. */
  async forgotPassword(body: ForgotPassword): Promise<void> {
    await this._asNobody('auth/forgot-password', body);
  }

  /** Choose a new password by a mailed token; every session ends. */
  async resetPassword(body: ResetPassword): Promise<void> {
    await this._asNobody('auth/reset-password', body);
  }

  /** Confirm an address by a mailed token. */
  async verifyEmail(body: VerifyEmail): Promise<void> {
    await this._asNobody('auth/verify-email', body);
  }

  /** Ask for the mail that confirms an address again. */
  async resendVerification(body: ResendVerification): Promise<void> {
    await this._asNobody('auth/verify-email/resend', body);
  }

  /** Take an old address back by a mailed token. */
  async revertEmail(body: RevertEmail): Promise<void> {
    await this._asNobody('auth/revert-email', body);
  }

  /** Ask for another address; it counts at once, or when it is confirmed. */
  changeEmail(body: ChangeEmail): Promise<EmailChange> {
    return this.connection.send('auth/change-email', {
      method: 'POST',
      json: body
    });
  }

  /** Sends what needs nobody to be signed in. */
  private async _asNobody(path: string, json: object): Promise<void> {
    await this.connection.request(path, {
      method: 'POST',
      json,
      ofSession: true
    });
  }

  /** Change the password; other sessions end. */
  changePassword(body: ChangePassword): Promise<Tokens> {
    return this.connection.send('auth/change-password', {
      method: 'POST',
      json: body
    });
  }

  /** The caller's sessions. */
  async sessions(signal?: AbortSignal): Promise<SessionInfo[]> {
    const answer = await this.connection.send<
      Page<SessionInfo> | SessionInfo[]
    >('auth/sessions', { signal });
    return Array.isArray(answer) ? answer : answer.items;
  }

  /** End one of the caller's sessions. */
  endSession(id: string): Promise<void> {
    return this.connection.send(`auth/sessions/${encodeURIComponent(id)}`, {
      method: 'DELETE'
    });
  }

  /** The caller's API tokens, newest first. */
  async apiTokens(signal?: AbortSignal): Promise<ApiTokenInfo[]> {
    const page = await this.connection.send<Page<ApiTokenInfo>>(
      'auth/api-tokens',
      { signal }
    );
    return page.items;
  }

  /** Make an API token; its text is in this answer only. */
  createApiToken(body: ApiTokenCreate): Promise<NewApiToken> {
    return this.connection.send('auth/api-tokens', {
      method: 'POST',
      json: body
    });
  }

  /** End an API token. */
  revokeApiToken(id: string): Promise<void> {
    return this.connection.send(`auth/api-tokens/${encodeURIComponent(id)}`, {
      method: 'DELETE'
    });
  }

  /** Who asks to be let in with a code. */
  deviceRequest(code: string): Promise<DeviceRequest> {
    return this._device('request', code);
  }

  /** Let the program in that shows a code. */
  approveDevice(code: string): Promise<DeviceRequest> {
    return this._device('approve', code);
  }

  /** Send the program away that shows a code. */
  denyDevice(code: string): Promise<void> {
    return this._device('deny', code);
  }

  private _device<T>(act: string, code: string): Promise<T> {
    return this.connection.send(`auth/device/${act}`, {
      method: 'POST',
      json: { user_code: code }
    });
  }

  /** What happened with the caller's account, newest first. */
  activity(
    query: { cursor?: string | null },
    signal?: AbortSignal
  ): Promise<Page<AuditEvent>> {
    return this.connection.send('auth/audit', { query, signal });
  }

  /** A short-lived, narrow token for one kernel. */
  kernelToken(kernelId: string): Promise<KernelToken> {
    return this.connection.send('auth/kernel-token', {
      method: 'POST',
      json: { kernel_id: kernelId }
    });
  }

  // ---- people -------------------------------------------------------------------------------------------

  /** Some people of the own tenant whose name has these characters. */
  async people(words: string, signal?: AbortSignal): Promise<PersonFound[]> {
    const found = await this.connection.send<{ items: PersonFound[] }>(
      'people',
      { query: { q: words }, signal }
    );
    return found.items;
  }

  // ---- projects -----------------------------------------------------------------------------------------

  /** All projects of the caller. */
  async projects(signal?: AbortSignal): Promise<Project[]> {
    const found: Project[] = [];
    let cursor: string | null | undefined;
    do {
      const page: Page<Project> = await this.connection.send('projects', {
        query: { limit: PAGE_MAX, cursor },
        signal
      });
      found.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return found;
  }

  createProject(body: ProjectCreate): Promise<Project> {
    return this.connection.send('projects', creation(body));
  }

  updateProject(id: string, body: ProjectUpdate): Promise<Project> {
    return this.connection.send(`projects/${encodeURIComponent(id)}`, {
      method: 'PUT',
      json: body
    });
  }

  deleteProject(id: string): Promise<void> {
    return this.connection.send(`projects/${encodeURIComponent(id)}`, {
      method: 'DELETE'
    });
  }

  // ---- market data --------------------------------------------------------------------------------------

  /** Instruments whose symbol or name has these words. */
  async instruments(
    query: string,
    signal?: AbortSignal
  ): Promise<Instrument[]> {
    const page: Page<Instrument> = await this.connection.send('instruments', {
      query: { q: query || undefined, limit: 50 },
      signal
    });
    return page.items;
  }

  /** One instrument, by its id or symbol. */
  instrument(symbol: string, signal?: AbortSignal): Promise<Instrument> {
    return this.connection.send(`instruments/${encodeURIComponent(symbol)}`, {
      signal
    });
  }

  /** The newest `limit` bars before `to` (milliseconds), or the newest of all; none before `from`. */
  bars(
    query: {
      symbol: string;
      timeframe: string;
      from?: number;
      to?: number;
      limit: number;
    },
    signal?: AbortSignal
  ): Promise<Bars> {
    return this.connection.send('bars', { query, signal });
  }

  /** Every study there is. */
  async studies(): Promise<Study[]> {
    const list = await this.connection.send<{ items: Study[] }>('studies', {});
    return list.items;
  }

  /** Values of studies for the bars that {@link bars} gives for the same range. */
  evaluateStudies(
    body: StudyRange,
    signal?: AbortSignal
  ): Promise<StudyEvaluation> {
    return this.connection.send('studies/evaluate', {
      method: 'POST',
      json: body,
      signal
    });
  }

  // ---- files --------------------------------------------------------------------------------------------

  /** Everything as a zip of plain files. */
  exportAll(signal?: AbortSignal): Promise<Blob> {
    return this.connection.send('export', { signal, answer: 'blob' });
  }

  /** Take in such a zip. */
  importAll(
    archive: Blob | ArrayBuffer,
    signal?: AbortSignal
  ): Promise<ImportReport> {
    return this.connection.send('import', {
      method: 'POST',
      body: archive,
      contentType: 'application/zip',
      signal
    });
  }
}
