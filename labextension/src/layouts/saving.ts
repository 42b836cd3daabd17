/**
 * What an open layout and its parts speak of: how it changed, and why a save was not taken.
 */
import type { QuantLabClient } from '../api/client';
import type { Draft, Layout, LayoutDocument, LayoutItem } from '../api/models';
import type { IClock } from '../saved/scheduler';
import type { StaleSide } from '../saved/settling';

export type LayoutsClient = QuantLabClient['layouts'];

/** Why the service did not take an edit, when trying again is of no use. */
export type LayoutConflict = StaleSide<Layout>;

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
  /** Where this browser keeps edits of a saved layout. */
  scope: (id: string) => string;
  clock?: IClock;
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
