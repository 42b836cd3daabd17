/**
 * An open layout: its document, where its saving stands, and how an edit travels to a draft and on to a version.
 */
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import {
  isOutage,
  NotFoundError,
  NotSignedInError,
  StaleError
} from '../api/errors';
import type { Layout, LayoutDocument, LayoutItem } from '../api/models';
import { DraftedModel } from '../saved/model';
import type { SendOutcome } from '../saved/scheduler';
import { DraftScheduler } from '../saved/scheduler';
import type { ISaying, ISettling } from '../saved/settling';
import { isFreeDraft } from '../saved/stale';
import type { SaveState } from '../tokens';
import { documentKey, sameContent, sameDocument } from './document';
import type {
  ILayoutModelOptions,
  LayoutChange,
  LayoutConflict,
  LayoutsClient
} from './saving';
import { documentOf } from './saving';

/** Milliseconds without a change before the draft is sent, and the longest wait while changes go on. */
const QUIET = 1000;
const LONGEST = 6000;

const KIND = {
  contentOf: (answer: { content?: unknown }): LayoutDocument =>
    answer.content as LayoutDocument,
  editKey: documentKey,
  contentKey: documentKey
};

/** State and acts of one open layout. */
export class LayoutModel
  extends DraftedModel<LayoutDocument>
  implements IDisposable, ISettling<LayoutDocument, Layout>
{
  constructor(options: ILayoutModelOptions) {
    super();
    this.client = options.client;
    this._scopeOf = options.scope;
    this._document = options.document;
    this._item = options.item;
    this._autosave = options.autosave;
    this._base = options.document;
    this._baseVersion = options.item?.version ?? 0;
    this._state = options.item ? 'saved' : 'unsaved';
    this._scheduler = new DraftScheduler({
      send: () => this.enqueue(() => this._sendDraft()),
      quiet: QUIET,
      longest: LONGEST,
      clock: options.clock
    });
  }

  readonly client: LayoutsClient;

  readonly kind = KIND;

  get calls(): LayoutsClient {
    return this.client;
  }

  get id(): string {
    return this._item?.id ?? '';
  }

  get scope(): string {
    return this._scopeOf(this.id);
  }

  get document(): LayoutDocument {
    return this._document;
  }

  /** What is stored, without its document; null until it was saved the first time. */
  get item(): LayoutItem | null {
    return this._item;
  }

  get state(): SaveState {
    return this._state;
  }

  get conflict(): LayoutConflict | null {
    return this._conflict;
  }

  /** Why the last try did not work; null when it did. */
  get problem(): unknown {
    return this._problem;
  }

  /** The version that the document goes on from; 0: none yet. */
  get baseVersion(): number {
    return this._baseVersion;
  }

  /** The service has the edit as a draft. */
  get hasDraft(): boolean {
    return this.draft?.key === documentKey(this._document);
  }

  /** There is an edit that no version holds; never for a new layout as it was opened. */
  get isDirty(): boolean {
    return !sameDocument(this._base, this._document);
  }

  get isEdited(): boolean {
    return this.isDirty;
  }

  get autosave(): boolean {
    return this._autosave;
  }

  set autosave(isOn: boolean) {
    if (isOn !== this._autosave) {
      this._autosave = isOn;
      this._noteEdit();
      this._changed.emit('state');
    }
  }

  get changed(): ISignal<this, LayoutChange> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._scheduler.dispose();
      this.local.dispose();
      Signal.clearData(this);
    }
  }

  /** The person changed something. `isReplaced`: what shows the document does not know of it yet. */
  change(document: LayoutDocument, isReplaced = false): void {
    if (document === this._document) {
      return;
    }
    this._document = document;
    this._noteEdit();
    if (this._state === 'saved' || this._state === 'unsaved') {
      this._state = this._resting;
    }
    this._changed.emit(isReplaced ? 'replaced' : 'document');
  }

  content(): LayoutDocument {
    return this._document;
  }

  show(document: LayoutDocument): void {
    this.change(document, true);
  }

  async saveDraft(): Promise<SaveState> {
    await this.local.flush();
    this._noteEdit();
    await this._scheduler.flush();
    return this._state;
  }

  /** The person lets the changes go. */
  discard(): void {
    this.local.forget();
  }

  /**
   * Save a version; asks nothing of the service when there is nothing new. After a stale save `conflict` is set.
   *
   * @returns whether it is saved; rejects as the client does, and the edit is kept
   */
  save(): Promise<boolean> {
    return this.enqueue(async () => {
      const { item } = this;
      if (!item || this._conflict || this._isDisposed) {
        return false;
      }
      // Where people look is no edit, but a save keeps it.
      const isSame = sameContent(this._base, this._document);
      if (isSame && !this.draft?.key) {
        return true;
      }
      const document = this._document;
      this.enter('saving');
      try {
        await this.beforeOverwriting?.();
        const { draft, _baseVersion: base } = this;
        // It names the draft that it replaces: any other is another tab's, and is kept.
        const saying = draft ? { draft_revision: draft.revision } : {};
        const saved = await this.put(document, base, saying);
        this.versionSaved(saved, document);
        return true;
      } catch (error) {
        if (error instanceof StaleError) {
          return this._onStaleSave(error, document);
        }
        if (error instanceof NotFoundError) {
          this.enterConflict({ type: 'gone' });
          return false;
        }
        this._failed(error);
        this._noteEdit();
        throw error;
      }
    });
  }

  /** Save as another layout, and go on as that one. Rejects as the client does. */
  saveAs(name: string, project: string | null): Promise<LayoutItem> {
    return this.enqueue(async () => {
      // Whoever asked for it may be gone, and another person here.
      if (this._isDisposed) {
        throw new Error('This layout is closed.');
      }
      const { item, draft, _document: document } = this;
      const made = await this.client.create({
        name,
        project_id: project,
        description: item?.description ?? '',
        tags: item?.tags ?? [],
        document
      });
      if (item && draft?.key) {
        // The edit is safe in the new layout; a draft that could not be cleared is offered and does no harm.
        await this.client
          .deleteDraft(item.id, draft.revision)
          .catch((reason: unknown) => {
            console.warn('QuantLab: the draft of the original stays.', reason);
          });
      }
      this.local.forget();
      this.beforeOverwriting = this.foundDraft = null;
      this.versionSaved(made, document);
      return made;
    });
  }

  /** Write what waits into the draft now; resolves when nothing is under way any more. Never rejects. */
  async flush(): Promise<void> {
    await this._scheduler.flush();
  }

  /** The connection is back. */
  retry(): void {
    this._scheduler.retryNow();
    if (this._state === 'offline-draft') {
      this._noteEdit();
    }
  }

  stored(): Promise<Layout> {
    return this.client.get(this.id);
  }

  put(
    document: LayoutDocument,
    version: number,
    saying: ISaying
  ): Promise<LayoutItem> {
    return this.client.save(this.id, { document, ...saying }, version);
  }

  resolving(): void {
    this.enter('saving');
  }

  /** A version with this document is stored: the page goes on from it. */
  versionSaved(item: LayoutItem, document: LayoutDocument): void {
    const { document: _document, ...rest } = item as Layout;
    this._item = { ...rest };
    this._base = document;
    this._baseVersion = item.version;
    // The service dropped the draft that the save named.
    this.draft = null;
    this._conflict = null;
    this._problem = null;
    this._scheduler.settled();
    this._noteEdit();
    this._rest();
  }

  /** It was renamed, tagged or moved; its version stays the one that this page knows. */
  updateItem(stored: Layout): void {
    const { document: _document, ...rest } = stored;
    if (this._item) {
      this._item = { ...rest, version: this._item.version };
      this._changed.emit('state');
    }
  }

  /** Hold drafts back until the person has decided. */
  enterConflict(conflict: LayoutConflict): void {
    this._conflict = conflict;
    this._problem = null;
    this.enter('conflict');
  }

  /** What stood in the way is gone. */
  leaveConflict(): void {
    this._conflict = null;
    this._noteEdit();
    this._rest();
  }

  /** Another state. */
  enter(state: SaveState): void {
    this._state = state;
    this._changed.emit('state');
  }

  /** The document was exchanged; what shows it must follow. */
  replace(document: LayoutDocument): void {
    this._document = document;
    this._changed.emit('replaced');
  }

  /** Nothing is under way: says where the document stands. */
  private _rest(): void {
    this._keep();
    this.enter(this._resting);
  }

  private get _resting(): SaveState {
    if (this._conflict) {
      return 'conflict';
    }
    return this.isDirty || !this._item ? 'unsaved' : 'saved';
  }

  /** Edits are kept by themselves: in this browser, and as a draft. Who may only look has no draft. */
  private get _isKept(): boolean {
    return (
      this._autosave && this._item !== null && this._item.access !== 'view'
    );
  }

  /** The service takes no draft of an outdated version, nor beside another one. */
  private get _mayDraft(): boolean {
    return this._isKept && this._conflict === null;
  }

  private _noteEdit(): void {
    if (this._mayDraft && (this.isDirty || this.draft !== null)) {
      this._scheduler.edited();
    }
    this._keep();
  }

  /** This browser has the edit as long as the server has not. */
  private _keep(): void {
    if (this.isSafe) {
      this.local.forget();
    } else if (this._isKept) {
      this.local.schedule();
    }
  }

  private async _sendDraft(): Promise<SendOutcome> {
    const { item } = this;
    if (!item || !this._mayDraft || this._isDisposed) {
      return 'stop';
    }
    await this.knowsDraft;
    const { _document: document } = this;
    const key = documentKey(document);
    if (key === (this.draft?.key ?? documentKey(this._base))) {
      this._rest();
      return 'done';
    }
    this.enter('saving');
    try {
      await this.putDraft(document);
      this._problem = null;
      this._rest();
      return 'done';
    } catch (error) {
      return error instanceof StaleError
        ? this._onStaleDraft(error, document)
        : this._failed(error);
    }
  }

  /** Someone saved meanwhile, or it was this page and the answer got lost. */
  private async _onStaleSave(
    error: StaleError,
    document: LayoutDocument
  ): Promise<boolean> {
    const current =
      (error.current as Layout | null) ??
      (await this.client.get(this._item?.id ?? ''));
    if (sameDocument(documentOf(current), document)) {
      this.versionSaved(current, document);
      return true;
    }
    this.enterConflict({ type: 'version', current });
    return false;
  }

  private async _onStaleDraft(
    error: StaleError,
    document: LayoutDocument
  ): Promise<SendOutcome> {
    try {
      if (error.code !== 'draft_conflict') {
        await this._onStaleSave(error, document);
        return 'stop';
      }
      if (!(await isFreeDraft(this, error, document))) {
        return 'stop';
      }
    } catch (reason) {
      return this._failed(reason);
    }
    this._rest();
    return 'retry';
  }

  private _failed(error: unknown): SendOutcome {
    this._problem = error;
    if (isOutage(error) || error instanceof NotSignedInError) {
      this.enter('offline-draft');
      return isOutage(error) ? 'retry' : 'stop';
    }
    if (error instanceof NotFoundError) {
      this.enterConflict({ type: 'gone' });
      return 'stop';
    }
    this.enter('unsaved');
    return 'stop';
  }

  private _document: LayoutDocument;
  private _item: LayoutItem | null;
  private _state: SaveState;
  private _autosave: boolean;
  private _base: LayoutDocument;
  private _baseVersion: number;
  private _conflict: LayoutConflict | null = null;
  private _problem: unknown = null;
  private _isDisposed = false;
  private readonly _scopeOf: (id: string) => string;
  private readonly _scheduler: DraftScheduler;
  private readonly _changed = new Signal<this, LayoutChange>(this);
}
