/**
 * What drafts need of an open document, whatever it is that it holds.
 */
import type { Draft, DraftPut, MergeRequest, MergeResult } from '../api/models';
import type { SaveState } from '../tokens';

/** The server's draft, as far as an open document knows it. */
export interface IKnownDraft {
  revision: number;
  /** What it holds; null: something else than this page. */
  key: string | null;
  /** The exact content, to turn it into a version without sending it again. */
  fullKey: string | null;
}

/** How content of one kind is read from answers and told apart. */
export interface IContentKind<C> {
  contentOf(answer: { content?: unknown }): C;
  /** Same key, nothing that a person did differs. */
  editKey(content: C): string;
  /** Same key, the same to the last member. */
  contentKey(content: C): string;
}

/** The calls on one saved object that drafts need; they reject as the client does. */
export interface IDraftCalls {
  draft(id: string): Promise<Draft>;
  putDraft(id: string, body: DraftPut, revision: number | null): Promise<Draft>;
  deleteDraft(id: string, revision?: number): Promise<void>;
  merge(id: string, body: MergeRequest): Promise<MergeResult>;
  versionFromDraft(
    id: string,
    revision: number,
    version: number
  ): Promise<{ version: number }>;
}

/** An open document whose edits are kept, and can be had back. */
export interface IRecoverable<C> {
  readonly kind: IContentKind<C>;
  readonly calls: IDraftCalls;
  /** The saved object's id. */
  readonly id: string;
  /** Where this browser keeps its edits. */
  readonly scope: string;
  /** The version that the page's content goes on from. */
  readonly baseVersion: number;
  /** Whether the page differs from that version. */
  readonly isEdited: boolean;
  /** Whether the server has what the page holds. */
  readonly isSafe: boolean;
  readonly state: SaveState;
  /** The server's draft; null: none. */
  draft: IKnownDraft | null;
  /** Set while the server holds a draft that the person has not decided about; called before it is replaced. */
  beforeOverwriting: (() => Promise<void>) | null;
  /**
   * Keeps the draft that another tab left behind from before the loaded version, as ours is about to take its place.
   */
  foundDraft: ((draft: Draft) => Promise<void>) | null;
  /** What the page holds; null while it cannot be read. */
  content(): C | null;
  /** Put content into the page, as an edit of the person. */
  show(content: C): void;
  /** Write the draft now; resolves when it is safe somewhere. */
  saveDraft(): Promise<SaveState>;
  /** One request at a time, in order. */
  enqueue<T>(act: () => Promise<T>): Promise<T>;
  /** The server's draft is this one, and the next one may take its place. */
  follow(draft: IKnownDraft | null): void;
  /** Whether that draft is the one this document sent last, whose answer may have got lost. */
  hasSent(key: string): boolean;
  /** Hold everything back until the person has decided. */
  enterConflict(conflict: { type: 'draft'; current: Draft }): void;
}
