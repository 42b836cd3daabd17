/**
 * Typed calls of the API: one method per endpoint, no state of its own.
 */
import { UUID } from '@lumino/coreutils';

import type {
  AuthConfig,
  Bars,
  ChangePassword,
  Draft,
  DraftPut,
  ImportReport,
  Instrument,
  KernelToken,
  LogIn,
  LogOutScope,
  MergeRequest,
  MergeResult,
  Page,
  Profile,
  ProfileUpdate,
  Project,
  ProjectCreate,
  ProjectUpdate,
  Register,
  SessionInfo,
  Study,
  StudyEvaluation,
  StudyRange,
  Tokens,
  Trust,
  TrustPut,
  User,
  VersionDiff,
  VersionInfo,
  Workflow,
  WorkflowCreate,
  WorkflowItem,
  WorkflowPatch,
  WorkflowQuery,
  WorkflowUpdate,
  WorkflowVersion
} from './models';
import type { ApiConnection, IAnswer } from './request';
import { draftTag, versionTag } from './request';

/** The largest page the service gives. */
export const PAGE_MAX = 200;

/** A draft with the revision that the next write must name. */
export type StoredDraft = { draft: Draft; revision: number };

/** The typed client. All methods reject as {@link ApiConnection.request} does. */
export class QuantLabClient {
  constructor(readonly connection: ApiConnection) {}

  // ---- accounts -----------------------------------------------------------------------------------------

  /** What the sign-in forms need to know; needs no session. */
  authConfig(signal?: AbortSignal): Promise<AuthConfig> {
    return this._get('auth/config', { signal, ofSession: true });
  }

  /** Who is here. Rejects with NotSignedInError when nobody is. */
  profile(signal?: AbortSignal): Promise<Profile> {
    return this._get('auth/profile', { signal });
  }

  /** Like {@link profile}, at once: the session itself asks, and a 401 is an answer. */
  whoAmI(): Promise<Profile> {
    return this._get('auth/profile', { ofSession: true });
  }

  /** Change username, preferences or default layout. */
  updateProfile(body: ProfileUpdate): Promise<Profile> {
    return this._write('PUT', 'auth/profile', body);
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
    return this._write('POST', 'auth/logout', { scope });
  }

  /** Go on as the account of whoever holds this Jupyter server. */
  async continueAsLocal(): Promise<User> {
    const answer = await this.connection.request<User>('auth/local', {
      method: 'POST',
      json: {},
      ofSession: true
    });
    return answer.data;
  }

  /** Change the password; other sessions end. */
  changePassword(body: ChangePassword): Promise<Tokens> {
    return this._write('POST', 'auth/change-password', body);
  }

  /** The caller's sessions. */
  async sessions(signal?: AbortSignal): Promise<SessionInfo[]> {
    const answer = await this._get<Page<SessionInfo> | SessionInfo[]>(
      'auth/sessions',
      { signal }
    );
    return Array.isArray(answer) ? answer : answer.items;
  }

  /** End one of the caller's sessions. */
  endSession(id: string): Promise<void> {
    return this._write('DELETE', `auth/sessions/${encodeURIComponent(id)}`);
  }

  /** A short-lived, narrow token for one kernel. */
  kernelToken(kernelId: string): Promise<KernelToken> {
    return this._write('POST', 'auth/kernel-token', { kernel_id: kernelId });
  }

  // ---- projects -----------------------------------------------------------------------------------------

  /** All projects of the caller. */
  async projects(signal?: AbortSignal): Promise<Project[]> {
    const found: Project[] = [];
    let cursor: string | null | undefined;
    do {
      const page: Page<Project> = await this._get('projects', {
        query: { limit: PAGE_MAX, cursor },
        signal
      });
      found.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return found;
  }

  createProject(body: ProjectCreate): Promise<Project> {
    return this._create('projects', body);
  }

  updateProject(id: string, body: ProjectUpdate): Promise<Project> {
    return this._write('PUT', `projects/${encodeURIComponent(id)}`, body);
  }

  deleteProject(id: string): Promise<void> {
    return this._write('DELETE', `projects/${encodeURIComponent(id)}`);
  }

  // ---- market data --------------------------------------------------------------------------------------

  /** Instruments whose symbol or name has these words. */
  async instruments(
    query: string,
    signal?: AbortSignal
  ): Promise<Instrument[]> {
    const page: Page<Instrument> = await this._get('instruments', {
      query: { q: query || undefined, limit: 50 },
      signal
    });
    return page.items;
  }

  /** One instrument, by its id or symbol. */
  instrument(symbol: string, signal?: AbortSignal): Promise<Instrument> {
    return this._get(`instruments/${encodeURIComponent(symbol)}`, { signal });
  }

  /** The newest `limit` bars before `to` (milliseconds), or the newest of all. */
  bars(
    query: { symbol: string; timeframe: string; to?: number; limit: number },
    signal?: AbortSignal
  ): Promise<Bars> {
    return this._get('bars', { query, signal });
  }

  /** Every study there is. */
  async studies(): Promise<Study[]> {
    const list = await this._get<{ items: Study[] }>('studies', {});
    return list.items;
  }

  /** Values of studies for the bars that {@link bars} gives for the same range. */
  async evaluateStudies(
    body: StudyRange,
    signal?: AbortSignal
  ): Promise<StudyEvaluation> {
    const answer = await this.connection.request<StudyEvaluation>(
      'studies/evaluate',
      { method: 'POST', json: body, signal }
    );
    return answer.data;
  }

  // ---- workflows ----------------------------------------------------------------------------------------

  /** One page of workflows, without content. */
  workflows(
    query: WorkflowQuery = {},
    signal?: AbortSignal
  ): Promise<Page<WorkflowItem>> {
    return this._get('workflows', { query, signal });
  }

  /** One workflow with its content. */
  workflow(id: string, signal?: AbortSignal): Promise<Workflow> {
    return this._get(workflowPath(id), { signal });
  }

  createWorkflow(body: WorkflowCreate, key?: string): Promise<Workflow> {
    return this._create('workflows', body, key);
  }

  /** Save content: makes a version. Rejects with StaleError when `version` is not the current one. */
  saveWorkflow(
    id: string,
    body: WorkflowUpdate,
    version: number
  ): Promise<Workflow> {
    return this._write('PUT', workflowPath(id), body, versionTag(version));
  }

  /** Change what is said about a workflow; makes no version. */
  patchWorkflow(id: string, body: WorkflowPatch): Promise<WorkflowItem> {
    return this._write('PATCH', workflowPath(id), body);
  }

  /** Soft delete, kept for 30 days. */
  deleteWorkflow(id: string): Promise<void> {
    return this._write('DELETE', workflowPath(id));
  }

  /** Delete for good. */
  purgeWorkflow(id: string): Promise<void> {
    return this._write('DELETE', `${workflowPath(id)}?permanent=true`);
  }

  /** Bring a deleted workflow back; rejects with ConflictError when its name has been taken meanwhile. */
  undeleteWorkflow(id: string, name?: string): Promise<WorkflowItem> {
    return this._write(
      'POST',
      `${workflowPath(id)}/undelete`,
      name === undefined ? {} : { name }
    );
  }

  duplicateWorkflow(
    id: string,
    body: { name?: string; project_id?: string | null } = {}
  ): Promise<Workflow> {
    return this._create(`${workflowPath(id)}/duplicate`, body);
  }

  /** Say that this person executed or explicitly trusted a version. */
  putTrust(id: string, body: TrustPut): Promise<Trust> {
    return this._write('PUT', `${workflowPath(id)}/trust`, body);
  }

  // ---- drafts -------------------------------------------------------------------------------------------

  /** The caller's draft; rejects with NotFoundError when there is none. */
  async draft(id: string, signal?: AbortSignal): Promise<StoredDraft> {
    const draft = await this._get<Draft>(`${workflowPath(id)}/draft`, {
      signal
    });
    return { draft, revision: draft.revision };
  }

  /** Write the draft. `revision` is the one this write is based on; null: there is none yet. */
  putDraft(
    id: string,
    body: DraftPut,
    revision: number | null,
    signal?: AbortSignal
  ): Promise<Draft> {
    return this.connection
      .request<Draft>(`${workflowPath(id)}/draft`, {
        method: 'PUT',
        json: body,
        signal,
        ...(revision === null
          ? { ifNoneMatch: '*' }
          : { ifMatch: draftTag(revision) })
      })
      .then(dataOf);
  }

  /** Throw the draft away; with `revision` only that very draft. */
  deleteDraft(id: string, revision?: number): Promise<void> {
    return this._write(
      'DELETE',
      `${workflowPath(id)}/draft`,
      undefined,
      revision === undefined ? undefined : draftTag(revision)
    );
  }

  /** Turn the draft at exactly this revision into a version. */
  versionFromDraft(
    id: string,
    revision: number,
    version: number
  ): Promise<Workflow> {
    return this._write(
      'POST',
      `${workflowPath(id)}/versions`,
      { from: 'draft', revision },
      versionTag(version)
    );
  }

  /** Merge content with the current version; saves nothing. */
  mergeWorkflow(id: string, body: MergeRequest): Promise<MergeResult> {
    return this._write('POST', `${workflowPath(id)}/merge`, body);
  }

  // ---- versions -----------------------------------------------------------------------------------------

  /** The history, newest first. */
  versions(
    id: string,
    query: { limit?: number; cursor?: string } = {},
    signal?: AbortSignal
  ): Promise<Page<VersionInfo>> {
    return this._get(`${workflowPath(id)}/versions`, { query, signal });
  }

  version(
    id: string,
    version: number,
    signal?: AbortSignal
  ): Promise<WorkflowVersion> {
    return this._get(`${workflowPath(id)}/versions/${version}`, { signal });
  }

  /** What changed from one version to another. */
  diff(
    id: string,
    from: number,
    to: number,
    signal?: AbortSignal
  ): Promise<VersionDiff> {
    return this._get(`${workflowPath(id)}/versions/${from}/diff`, {
      query: { to },
      signal
    });
  }

  /** Make an old version the current one, as a new version. `current` is the version seen now. */
  restore(id: string, version: number, current: number): Promise<Workflow> {
    return this._write(
      'POST',
      `${workflowPath(id)}/versions/${version}/restore`,
      {},
      versionTag(current)
    );
  }

  // ---- files --------------------------------------------------------------------------------------------

  /** Everything as a zip of plain files. */
  exportAll(signal?: AbortSignal): Promise<Blob> {
    return this._get('export', { signal, answer: 'blob' });
  }

  /** Take in such a zip. */
  importAll(
    archive: Blob | ArrayBuffer,
    signal?: AbortSignal
  ): Promise<ImportReport> {
    return this.connection
      .request<ImportReport>('import', {
        method: 'POST',
        body: archive,
        contentType: 'application/zip',
        signal
      })
      .then(dataOf);
  }

  private _get<T>(
    path: string,
    options: Parameters<ApiConnection['request']>[1]
  ): Promise<T> {
    return this.connection.request<T>(path, options).then(dataOf);
  }

  private _write<T>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    json?: unknown,
    ifMatch?: string
  ): Promise<T> {
    return this.connection
      .request<T>(path, { method, json, ifMatch })
      .then(dataOf);
  }

  private _create<T>(
    path: string,
    json: unknown,
    key = UUID.uuid4()
  ): Promise<T> {
    return this.connection
      .request<T>(path, { method: 'POST', json, idempotencyKey: key })
      .then(dataOf);
  }
}

function workflowPath(id: string): string {
  return `workflows/${encodeURIComponent(id)}`;
}

function dataOf<T>(answer: IAnswer<T>): T {
  return answer.data;
}
