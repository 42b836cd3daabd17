/**
 * One open document of the drive: what it started from, what the server has,
 * and how an edit travels from the page to a draft and from there to a version.
 */
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { QuantLabClient } from '../api/client';
import {
  isOutage,
  NotFoundError,
  NotSignedInError,
  StaleError
} from '../api/errors';
import type { Trust, Workflow, WorkflowItem } from '../api/models';
import { draftScope } from '../saved/localDrafts';
import { DraftedModel } from '../saved/model';
import type { IKnownDraft } from '../saved/recoverable';
import type { SendOutcome } from '../saved/scheduler';
import { DraftScheduler } from '../saved/scheduler';
import type { ISaying, ISettling } from '../saved/settling';
import type { SaveState } from '../tokens';
import type { WorkflowContent } from './content';
import {
  contentKey,
  contentOf,
  editKey,
  saveBody,
  withoutTrust
} from './content';
import { PageTrust } from './pageTrust';
import { QuietRun } from './quietRun';
import type { Conflict, IContentPort, IModelOptions } from './saving';
import { ConflictRaised } from './saving';
import { isOurOwn } from './stale';

const KIND = { contentOf, editKey, contentKey };

/** State and acts of one open document. */
export class DocumentModel
  extends DraftedModel<WorkflowContent>
  implements IDisposable, ISettling<WorkflowContent, Workflow>
{
  constructor(options: IModelOptions) {
    super();
    this.client = options.client;
    this.port = options.port;
    this._item = options.item;
    this._userId = options.userId;
    this.baseVersion = options.item.version;
    this.scheduler = new DraftScheduler({
      send: () => this.enqueue(() => this._sendDraft()),
      quiet: options.quiet,
      longest: options.longest,
      clock: options.clock
    });
  }

  readonly client: QuantLabClient;
  readonly port: IContentPort;
  readonly scheduler: DraftScheduler;
  readonly quiet: QuietRun = new QuietRun(this);
  readonly kind = KIND;

  /** The version that the page's content goes on from. */
  baseVersion: number;
  get calls(): QuantLabClient['workflows'] {
    return this.client.workflows;
  }

  get id(): string {
    return this._item.id;
  }

  get item(): WorkflowItem {
    return this._item;
  }

  get state(): SaveState {
    return this._state;
  }

  get conflict(): Conflict | null {
    return this._conflict;
  }

  /** Why the last try did not work, in words; null when it did. */
  get problem(): string | null {
    return this._problem;
  }

  /** What may happen by itself with the loaded version; null until loaded. */
  get trust(): Trust | null {
    return this._pageTrust.trust;
  }

  get isLoaded(): boolean {
    return this._baseFull !== null;
  }

  get isEdited(): boolean {
    const content = this.port.read();
    return content !== null && editKey(content) !== this._baseEdit;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** State, item or problem changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** A version was saved by this document. */
  get saved(): ISignal<this, Workflow> {
    return this._saved;
  }

  get scope(): string {
    return draftScope(
      this._userId(),
      this.client.connection.apiUrl,
      this._item.id
    );
  }

  /** The loaded content was put into the page: everything counts from here. */
  loaded(workflow: Workflow): void {
    this._item = itemOf(workflow);
    this._pageTrust.loaded(workflow);
    this._conflict = null;
    this._problem = null;
    this.draft = null;
    this.quiet.stop();
    this.rebase(
      workflow.version,
      this.port.read() ?? withoutTrust(contentOf(workflow))
    );
    this.scheduler.settled();
    this.scheduler.resume();
    this.local.forget();
    this._enter('saved');
  }

  /** Content goes on from this version. */
  rebase(version: number, content: WorkflowContent): void {
    this.baseVersion = version;
    this._baseFull = contentKey(content);
    this._baseEdit = editKey(content);
  }

  /** Marks the cells of a content that are trusted in the loaded version or in the page. */
  asTrusted(content: WorkflowContent): WorkflowContent {
    return this._pageTrust.mark(content, this.port.read());
  }

  content(): WorkflowContent | null {
    const content = this.port.read();
    return content === null ? null : withoutTrust(content);
  }

  show(content: WorkflowContent): void {
    this.port.write(this.asTrusted(content));
    this.port.setDirty(true);
    this.edited();
  }

  /** The person, or a kernel, changed the page's content. */
  edited(): void {
    if (this._isDisposed || !this.isLoaded || this.quiet.holds()) {
      return;
    }
    this.local.schedule();
    this.scheduler.edited();
    if (this._state === 'saved') {
      this._enter('unsaved');
    }
  }

  /** What the page holds counts as the loaded version, unedited. */
  acceptAsUnedited(content: WorkflowContent): void {
    this._baseEdit = editKey(content);
    this.scheduler.settled();
    this.local.forget();
    this.port.setDirty(false);
    this._enter('saved');
  }

  /** Writes the draft now, as JupyterLab's autosave asks; resolves when it is safe somewhere. */
  async saveDraft(): Promise<SaveState> {
    await this.local.flush();
    this.scheduler.edited();
    await this.scheduler.flush();
    return this._state;
  }

  /**
   * Saves a version: one request, none when nothing changed.
   *
   * @throws ConflictRaised when someone saved meanwhile; else as the client does. The edit is kept either way.
   */
  saveVersion(): Promise<WorkflowItem> {
    return this.enqueue(() => this._saveVersion());
  }

  stored(): Promise<Workflow> {
    return this.client.workflows.get(this.id);
  }

  put(
    content: WorkflowContent,
    version: number,
    saying: ISaying
  ): Promise<Workflow> {
    const body = { ...saveBody(withoutTrust(content)), ...saying };
    return this.client.workflows.save(this.id, body, version);
  }

  /** Whether that version is the one this document sent last, whose answer may have got lost. */
  hasSentVersion(key: string): boolean {
    return key === this._sentVersion;
  }

  override follow(draft: IKnownDraft | null): void {
    super.follow(draft);
    this._enter('unsaved');
  }

  /** A version with this content is stored: the page goes on from it. */
  versionSaved(saved: Workflow, content: WorkflowContent): WorkflowItem {
    this._item = { ...this._item, ...itemOf(saved) };
    this._pageTrust.saved(saved);
    // The service dropped the draft that the save named.
    this.draft = null;
    this._conflict = null;
    this._problem = null;
    this.rebase(saved.version, content);
    this.scheduler.settled();
    this.scheduler.resume();
    this._saved.emit(saved);
    this._settle();
    return this._item;
  }

  enterConflict(conflict: Conflict): void {
    this._conflict = conflict;
    this._problem = null;
    this.scheduler.pause();
    this.local.schedule();
    this._enter('conflict');
  }

  /** The person decided, and the decision is being carried out. */
  resolving(): void {
    this._enter('saving');
  }

  /** The conflict is resolved; what the page holds now is an edit of `baseVersion`. */
  leaveConflict(): void {
    this._conflict = null;
    this._enter('unsaved');
    this.scheduler.edited();
    this.scheduler.resume();
  }

  /** The object changed without its content: renamed, tagged, moved. */
  updateItem(item: Partial<WorkflowItem>): void {
    // The version stays the one this page knows: only loading and saving move it.
    this._item = { ...this._item, ...item, version: this._item.version };
    this._changed.emit();
  }

  /** The connection or the session is back. */
  retry(): void {
    this.scheduler.retryNow();
    if (this._state === 'offline-draft' && !this.scheduler.isPending) {
      this.scheduler.edited();
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this.quiet.stop();
    this.scheduler.dispose();
    this.local.dispose();
    Signal.clearData(this);
  }

  private async _sendDraft(tries = 3): Promise<SendOutcome> {
    const content = this.port.read();
    if (content === null || this._conflict || this._isDisposed) {
      return 'stop';
    }
    const key = editKey(content);
    if (key === (this.draft?.key ?? this._baseEdit)) {
      this._settle(key);
      return 'done';
    }
    this._enter('saving');
    try {
      await this.putDraft(withoutTrust(content));
      this._problem = null;
      this._settle(key);
      return 'done';
    } catch (error) {
      const outcome = await this._draftFailed(error, content);
      return outcome === 'again' && tries > 1
        ? this._sendDraft(tries - 1)
        : outcome === 'again'
          ? 'retry'
          : outcome;
    }
  }

  private async _draftFailed(
    error: unknown,
    content: WorkflowContent
  ): Promise<SendOutcome | 'again'> {
    if (!(error instanceof StaleError)) {
      return this._failed(error);
    }
    try {
      return (await isOurOwn(this, error, content)) ? 'again' : 'stop';
    } catch (reason) {
      // Asking what is there, or keeping it, did not work.
      return this._failed(reason);
    }
  }

  private async _saveVersion(tries = 3): Promise<WorkflowItem> {
    if (this._conflict) {
      throw new ConflictRaised();
    }
    const content = this.port.read();
    if (content === null) {
      throw new Error('The notebook is not valid JSON at the moment.');
    }
    const key = contentKey(content);
    if (key === this._baseFull && (this.draft?.key ?? null) === null) {
      this._settle();
      return this._item;
    }
    this._enter('saving');
    try {
      await this.beforeOverwriting?.();
      return this.versionSaved(await this._sendVersion(content, key), content);
    } catch (error) {
      if (await this._mayRepeat(error, content)) {
        // It was our own after all; the state now says whether there is anything left to save.
        return this._state !== 'saved' && tries > 1
          ? this._saveVersion(tries - 1)
          : this._item;
      }
      throw this._conflict ? new ConflictRaised() : error;
    }
  }

  private _sendVersion(
    content: WorkflowContent,
    key: string
  ): Promise<WorkflowItem> {
    const { workflows } = this.client;
    const { draft, baseVersion } = this;
    const { id } = this._item;
    this._sentVersion = key;
    if (draft !== null && draft.fullKey === key) {
      return workflows.versionFromDraft(id, draft.revision, baseVersion);
    }
    // It names the draft that it replaces: any other is another tab's, and is kept.
    const saying = draft ? { draft_revision: draft.revision } : {};
    return this.put(content, baseVersion, saying);
  }

  /** After a failed save: whether it may be tried again at once. Else the state says what is wrong. */
  private async _mayRepeat(
    error: unknown,
    content: WorkflowContent
  ): Promise<boolean> {
    let reason = error;
    if (error instanceof StaleError) {
      try {
        return await isOurOwn(this, error, content);
      } catch (problem) {
        reason = problem;
      }
    }
    this._failed(reason);
    if (!this._conflict) {
      this.scheduler.edited();
    }
    return false;
  }

  private _failed(error: unknown): SendOutcome {
    const isPassing = isOutage(error);
    if (isPassing || error instanceof NotSignedInError) {
      this._problem = error instanceof NotSignedInError ? error.message : null;
      this.local.schedule();
      this._enter('offline-draft');
      return isPassing ? 'retry' : 'stop';
    }
    if (error instanceof NotFoundError) {
      this.enterConflict({ type: 'gone' });
      return 'stop';
    }
    this._problem = error instanceof Error ? error.message : String(error);
    this.local.schedule();
    this._enter('unsaved');
    return 'stop';
  }

  /** Says where the page's content stands now; edits made while a request was under way count. */
  private _settle(sent: string | null = null): void {
    const content = this.port.read();
    const key = content && editKey(content);
    if (key === this._baseEdit && this.draft === null) {
      this.local.forget();
      this._enter('saved');
      return;
    }
    if (sent !== null && key === sent) {
      this.local.forget();
    } else if (key !== this._baseEdit) {
      this.scheduler.edited();
    }
    this._enter(key === this._baseEdit ? 'saved' : 'unsaved');
  }

  private _enter(state: SaveState): void {
    this._state = state;
    this._changed.emit();
  }

  private readonly _userId: () => string;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _saved = new Signal<this, Workflow>(this);
  private _item: WorkflowItem;
  private _state: SaveState = 'saved';
  private _conflict: Conflict | null = null;
  private _problem: string | null = null;
  private readonly _pageTrust = new PageTrust();
  private _baseFull: string | null = null;
  private _baseEdit: string | null = null;
  private _sentVersion: string | null = null;
  private _isDisposed = false;
}

/** A workflow without its content. */
export function itemOf(workflow: Workflow): WorkflowItem {
  const { notebook: _n, code: _c, trust: _t, ...item } = workflow;
  return item;
}
