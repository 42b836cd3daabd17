/**
 * What every open document has whose edits are kept as drafts, whatever it holds.
 */
import type { Draft, DraftPut } from '../api/models';
import type { SaveState } from '../tokens';
import { LocalWriter } from './localWriter';
import type {
  IContentKind,
  IDraftCalls,
  IKnownDraft,
  IRecoverable
} from './recoverable';

/** The draft of one open document: in this browser, and on the server. */
export abstract class DraftedModel<C> implements IRecoverable<C> {
  abstract readonly kind: IContentKind<C>;
  abstract readonly calls: IDraftCalls;
  abstract readonly id: string;
  abstract readonly scope: string;
  abstract readonly baseVersion: number;
  abstract readonly isEdited: boolean;
  abstract readonly state: SaveState;
  abstract content(): C | null;
  abstract show(content: C): void;
  abstract saveDraft(): Promise<SaveState>;
  abstract enterConflict(conflict: { type: 'draft'; current: Draft }): void;

  draft: IKnownDraft | null = null;
  /** Resolves when it is known whether the server holds a draft; never rejects. */
  knowsDraft: Promise<void> = Promise.resolve();
  beforeOverwriting: (() => Promise<void>) | null = null;
  foundDraft: ((draft: Draft) => Promise<void>) | null = null;

  get isSafe(): boolean {
    const content = this.content();
    return (
      !this.isEdited ||
      (content !== null && this.draft?.key === this.kind.editKey(content))
    );
  }

  follow(draft: IKnownDraft | null): void {
    this.draft = draft;
  }

  /** Keep what the page holds in this browser at once. */
  keepLocally(): Promise<void> {
    return this.local.flush();
  }

  hasSent(key: string): boolean {
    return key === this._sentKey;
  }

  enqueue<T>(act: () => Promise<T>): Promise<T> {
    const turn = this._queue.then(act);
    this._queue = turn.catch(() => undefined);
    return turn;
  }

  /** Writes the draft, after whatever must be kept of the one before. Rejects as the client does. */
  protected async putDraft(content: C): Promise<Draft> {
    await this.knowsDraft;
    await this.beforeOverwriting?.();
    const key = this.kind.editKey(content);
    this._sentKey = key;
    const draft = await this.calls.putDraft(
      this.id,
      {
        base_version: this.baseVersion,
        content: content as DraftPut['content']
      },
      this.draft?.revision ?? null
    );
    const fullKey = this.kind.contentKey(content);
    this.draft = { revision: draft.revision, key, fullKey };
    return draft;
  }

  /** What this browser keeps until the server has it. */
  protected readonly local = new LocalWriter(() => {
    const content = this.content();
    const { scope, baseVersion } = this;
    const draftRevision = this.draft?.revision ?? null;
    return content === null || this.id === ''
      ? null
      : { scope, baseVersion, draftRevision, content };
  });

  /** The draft last sent, whether or not its answer came. */
  private _sentKey: string | null = null;
  private _queue: Promise<unknown> = Promise.resolve();
}
