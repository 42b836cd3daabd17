/**
 * An open layout: its document, where its saving stands, and how an edit travels to a draft and on to a version.
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
import type {
  Draft,
  Layout,
  LayoutDocument,
  LayoutItem,
  LayoutUpdate
} from '../api/models';
import type { IClock, SendOutcome } from '../saved/scheduler';
import { DraftScheduler } from '../saved/scheduler';
import type { SaveState } from '../tokens';
import { sameContent, sameDocument } from './document';

export type LayoutsClient = QuantLabClient['layouts'];

/** Why the service did not take an edit, when trying again is of no use. */
export type LayoutConflict =
  | { type: 'version'; current: Layout }
  | { type: 'draft'; current: Draft }
  | { type: 'gone' };

/**
 * - `document`: the person changed it here
 * - `replaced`: it was exchanged, as by a restored draft: what shows it must follow
 * - `state`: anything else
 */
export type LayoutChange = 'document' | 'replaced' | 'state';

export interface ILayoutModelOptions {
  client: LayoutsClient;
  /** What the charts start with. */
  document: LayoutDocument;
  /** What is stored; null: a layout that nobody has saved yet. */
  item: LayoutItem | null;
  autosave: boolean;
  clock?: IClock;
}

/** Milliseconds without a change before the draft is sent, and the longest wait while changes go on. */
const QUIET = 1000;
const LONGEST = 6000;

/** State and acts of one open layout. */
export class LayoutModel implements IDisposable {
  constructor(options: ILayoutModelOptions) {
    this.client = options.client;
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

  /** The draft that this page has written or taken over; null: none. */
  draft: { revision: number; document: LayoutDocument } | null = null;

  /** What the charts show now. */
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

  /** A draft from an earlier time that waits for the person's decision. Autosave rests until then. */
  get found(): Draft | null {
    return this._found;
  }

  set found(draft: Draft | null) {
    this._found = draft;
    this._noteEdit();
    this._changed.emit('state');
  }

  /** The version that the document goes on from; 0: none yet. */
  get baseVersion(): number {
    return this._baseVersion;
  }

  /** The service has the edit as a draft. */
  get hasDraft(): boolean {
    return (
      this.draft !== null && sameDocument(this.draft.document, this._document)
    );
  }

  /** There is an edit that no version holds; never for a new layout as it was opened. */
  get isDirty(): boolean {
    return !sameDocument(this._base, this._document);
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

  /**
   * Save a version; asks nothing of the service when there is nothing new. After a stale save `conflict` is set.
   *
   * @returns whether it is saved; rejects as the client does, and the edit is kept
   */
  save(): Promise<boolean> {
    return this.enqueue(async () => {
      const { item } = this;
      if (!item || this._conflict) {
        return false;
      }
      // Where people look is no edit, but a save keeps it.
      const isSame = sameContent(this._base, this._document);
      if (isSame && this.draft === null) {
        return true;
      }
      const document = this._document;
      this.enter('saving');
      try {
        this.versionSaved(
          await this.client.save(
            item.id,
            this.body(document),
            this._baseVersion
          ),
          document
        );
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
      const { item, draft, _document: document } = this;
      const made = await this.client.create({
        name,
        project_id: project,
        description: item?.description ?? '',
        tags: item?.tags ?? [],
        document
      });
      if (item && draft) {
        // The edit is safe in the new layout; a draft that could not be cleared is offered and does no harm.
        await this.client
          .deleteDraft(item.id, draft.revision)
          .catch((reason: unknown) => {
            console.warn('QuantLab: the draft of the original stays.', reason);
          });
      }
      this._found = null;
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

  /** The body of a save. It names the draft that it replaces: any other is another tab's, and is kept. */
  body(document: LayoutDocument): LayoutUpdate {
    return this.draft === null
      ? { document }
      : { document, draft_revision: this.draft.revision };
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

  /** One request at a time, in order. */
  enqueue<T>(act: () => Promise<T>): Promise<T> {
    const turn = this._queue.then(act);
    this._queue = turn.catch(() => undefined);
    return turn;
  }

  /** The document was exchanged; what shows it must follow. */
  replace(document: LayoutDocument): void {
    this._document = document;
    this._changed.emit('replaced');
  }

  /** Nothing is under way: says where the document stands. */
  private _rest(): void {
    this.enter(this._resting);
  }

  private get _resting(): SaveState {
    if (this._conflict) {
      return 'conflict';
    }
    return this.isDirty || !this._item ? 'unsaved' : 'saved';
  }

  private get _mayDraft(): boolean {
    return (
      this._autosave &&
      this._item !== null &&
      this._found === null &&
      // A draft of an outdated version is taken, and merged when it is restored.
      (this._conflict === null || this._conflict.type === 'version')
    );
  }

  private _noteEdit(): void {
    if (this._mayDraft && (this.isDirty || this.draft !== null)) {
      this._scheduler.edited();
    }
  }

  private async _sendDraft(): Promise<SendOutcome> {
    const { item, _document: document, draft } = this;
    if (!item || !this._mayDraft || this._isDisposed) {
      return 'stop';
    }
    if (draft ? this.hasDraft : !this.isDirty) {
      this._rest();
      return 'done';
    }
    this.enter('saving');
    try {
      const { revision, stale } = await this.client.putDraft(
        item.id,
        { base_version: this._baseVersion, content: asContent(document) },
        draft?.revision ?? null
      );
      this.draft = { revision, document };
      this._problem = null;
      if (stale && !this._conflict) {
        const current = await this.client.get(item.id);
        this._conflict = { type: 'version', current };
      }
      this._rest();
      return 'done';
    } catch (error) {
      return error instanceof StaleError
        ? this._onStaleDraft(error, item, document)
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
    item: LayoutItem,
    document: LayoutDocument
  ): Promise<SendOutcome> {
    if (error.code !== 'draft_conflict') {
      await this._onStaleSave(error, document);
      return 'stop';
    }
    try {
      const current = await this.client.draft(item.id);
      if (!sameDocument(documentOf(current), document)) {
        this.enterConflict({ type: 'draft', current });
        return 'stop';
      }
      this.draft = { revision: current.revision, document };
    } catch (reason) {
      if (!(reason instanceof NotFoundError)) {
        return this._failed(reason);
      }
      // It is gone: another tab saved it as a version, or threw it away.
      this.draft = null;
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
  private _found: Draft | null = null;
  private _conflict: LayoutConflict | null = null;
  private _problem: unknown = null;
  private _queue: Promise<unknown> = Promise.resolve();
  private _isDisposed = false;
  private readonly _scheduler: DraftScheduler;
  private readonly _changed = new Signal<this, LayoutChange>(this);
}

/** The document inside an answer of the service. */
export function documentOf(
  answer: Layout | Draft | { content: unknown }
): LayoutDocument {
  return (
    'document' in answer ? answer.document : answer.content
  ) as LayoutDocument;
}

/** A document as drafts and merges take it. */
export function asContent(document: LayoutDocument): Record<string, unknown> {
  return document;
}
