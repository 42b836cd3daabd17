/**
 * A draft was refused because another one is there: whose is it?
 */
import { NotFoundError, type StaleError } from '../api/errors';
import type { Draft } from '../api/models';
import type { IRecoverable } from './recoverable';

/**
 * True when that draft turned out to be in nobody's way, and the next one may take its place: its own, after a lost
 * answer; one that is gone; or one left behind, which is now kept in this browser. Else the document is in conflict.
 * Rejects as the client does.
 */
export async function isFreeDraft<C>(
  model: IRecoverable<C>,
  error: StaleError,
  content: C
): Promise<boolean> {
  const { kind } = model;
  const current = await currentDraft(model, error);
  if (current === null) {
    model.follow(null);
    return true;
  }
  const { revision } = current;
  const stored = kind.contentOf(current);
  const key = kind.editKey(stored);
  if (key === kind.editKey(content) || model.hasSent(key)) {
    model.follow({ revision, key, fullKey: kind.contentKey(stored) });
    return true;
  }
  if (current.stale && model.foundDraft) {
    await model.foundDraft(current);
    model.follow({ revision, key: null, fullKey: null });
    return true;
  }
  model.enterConflict({ type: 'draft', current });
  return false;
}

/** The server's draft; null when there is none. Rejects as the client does. */
export async function serverDraft(
  model: Pick<IRecoverable<unknown>, 'calls' | 'id'>
): Promise<Draft | null> {
  try {
    return await model.calls.draft(model.id);
  } catch (error) {
    if (error instanceof NotFoundError) {
      return null;
    }
    throw error;
  }
}

async function currentDraft<C>(
  model: IRecoverable<C>,
  error: StaleError
): Promise<Draft | null> {
  const current = error.current as Draft | null;
  return current?.content !== undefined && current.content !== null
    ? current
    : serverDraft(model);
}
