/**
 * Carries out what a person decided about a stale save, whatever the document holds. Nothing is lost on the way: what
 * gets overwritten stays a version, and what is changed here meanwhile stays in the page.
 */
import { StaleError } from '../api/errors';
import type { Draft, DraftPut, MergeResult } from '../api/models';
import type { IRecoverable } from './recoverable';

/** How often settling starts over when yet another save comes in between. */
const TRIES = 3;

/** Why the service did not take an edit, when trying again is of no use. `S`: what is saved, as the service gives it. */
export type StaleSide<S> =
  | { type: 'version'; current: S }
  | { type: 'draft'; current: Draft }
  | { type: 'gone' };

/** What a save says of itself. */
export interface ISaying {
  source?: 'overwrite' | 'merge';
  /** The draft that it replaces; any other stays. */
  draft_revision?: number;
}

/** An open document whose conflict can be settled. */
export interface ISettling<
  C,
  S extends { version: number }
> extends IRecoverable<C> {
  readonly conflict: StaleSide<S> | null;
  enterConflict(conflict: StaleSide<S>): void;
  /** The person decided, and the decision is being carried out. */
  resolving(): void;
  /** What is stored now. Rejects as the client does. */
  stored(): Promise<S>;
  /** Save content over a version. Rejects as the client does. */
  put(
    content: C,
    version: number,
    saying: ISaying
  ): Promise<{ version: number }>;
}

/** Carry out what the person decided, over the version that is current; the conflict stays when that fails. */
export function settle<C, S extends { version: number }, T>(
  model: ISettling<C, S>,
  act: (current: number) => Promise<T>
): Promise<T> {
  return model.enqueue(async () => {
    let { conflict } = model;
    if (!conflict) {
      throw new Error('There is no conflict to settle.');
    }
    model.resolving();
    try {
      // A draft that nobody has decided about would go with the save.
      await model.beforeOverwriting?.();
      let current = model.baseVersion;
      if (conflict.type === 'version') {
        current = conflict.current.version;
      } else if (conflict.type === 'draft') {
        current = await keepDraft(model, conflict.current);
        // From here on it stands in nobody's way: what is left to settle is that version.
        conflict = { type: 'version', current: await model.stored() };
      }
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await act(current);
        } catch (error) {
          if (!(error instanceof StaleError) || attempt >= TRIES) {
            throw error;
          }
          const stored = await model.stored();
          conflict = { type: 'version', current: stored };
          current = stored.version;
        }
      }
    } catch (error) {
      model.enterConflict(conflict);
      throw error;
    }
  });
}

/** What a settling save says of itself: it replaces the document's own draft. */
export function sayingOf<C>(
  model: IRecoverable<C>,
  source: 'overwrite' | 'merge'
): ISaying {
  return model.draft === null
    ? { source }
    : { source, draft_revision: model.draft.revision };
}

/** The page's side and what is stored, put together. Both are of one moment: nothing was changed here meanwhile. */
export async function putTogether<C>(
  model: IRecoverable<C>
): Promise<{ mine: C; result: MergeResult }> {
  for (;;) {
    const mine = sideOf(model);
    const result = await model.calls.merge(model.id, {
      base_version: model.baseVersion,
      content: mine as DraftPut['content']
    });
    if (isStill(model, mine)) {
      return { mine, result };
    }
  }
}

/** Whether the page holds that content. */
export function isStill<C>(model: IRecoverable<C>, content: C): boolean {
  const now = model.content();
  const { contentKey } = model.kind;
  return now !== null && contentKey(now) === contentKey(content);
}

/** What the page holds. Throws while that cannot be read. */
export function sideOf<C>(model: IRecoverable<C>): C {
  const content = model.content();
  if (content === null) {
    throw new Error('What the page holds cannot be read at the moment.');
  }
  return content;
}

/** Makes another tab's newer draft a version first, so that going on cannot lose it; the version to save over. */
async function keepDraft<C, S extends { version: number }>(
  model: ISettling<C, S>,
  draft: Draft
): Promise<number> {
  const { revision, base_version } = draft;
  let kept: { version: number };
  try {
    kept = await model.calls.versionFromDraft(model.id, revision, base_version);
  } catch (error) {
    if (!(error instanceof StaleError)) {
      throw error;
    }
    // Its own base is outdated too, or it went on: what we saw of it becomes a version on top of the current one.
    const { version } = await model.stored();
    const content = model.kind.contentOf(draft);
    kept = await model.put(content, version, { draft_revision: revision });
  }
  model.draft = null;
  return kept.version;
}

/** `name copy`, `name copy 2`, …, cut so that it stays a valid name. */
export function copyName(name: string, number: number): string {
  const suffix = number === 1 ? ' copy' : ` copy ${number}`;
  return [...name].slice(0, 200 - suffix.length).join('') + suffix;
}
