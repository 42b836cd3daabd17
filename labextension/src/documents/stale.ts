/**
 * A save or a draft was refused because something newer is there: whose is it?
 */
import { NotFoundError, type StaleError } from '../api/errors';
import type { Draft, Workflow } from '../api/models';
import type { WorkflowContent } from './content';
import { contentKey, contentOf, editKey } from './content';
import type { DocumentModel } from './model';

/**
 * True when what is there turned out to be in nobody's way, and the document may try again: its own, after a lost
 * answer; a draft that is gone; or one left behind, which is now kept in this browser. Else the document is in
 * conflict.
 */
export async function isOurOwn(
  model: DocumentModel,
  error: StaleError,
  content: WorkflowContent
): Promise<boolean> {
  if (error.code === 'draft_conflict') {
    return isFreeDraft(model, await currentDraft(model, error), content);
  }
  const current =
    (error.current as Workflow | null) ??
    (await model.client.workflows.get(model.item.id));
  const stored = contentOf(current);
  const key = contentKey(stored);
  if (key === contentKey(content) || model.hasSentVersion(key)) {
    // What the page holds by now is an edit of it.
    model.versionSaved(current, stored);
    return true;
  }
  model.enterConflict({ type: 'version', current });
  return false;
}

async function isFreeDraft(
  model: DocumentModel,
  current: Draft | null,
  content: WorkflowContent
): Promise<boolean> {
  if (current === null) {
    model.follow(null);
    return true;
  }
  const { revision } = current;
  const stored = contentOf(current);
  const key = editKey(stored);
  if (key === editKey(content) || model.hasSent(key)) {
    model.follow({ revision, key, fullKey: contentKey(stored) });
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

async function currentDraft(
  model: DocumentModel,
  error: StaleError
): Promise<Draft | null> {
  const current = error.current as Draft | null;
  if (current?.content !== undefined && current.content !== null) {
    return current;
  }
  try {
    return await model.client.workflows.draft(model.item.id);
  } catch (reason) {
    if (reason instanceof NotFoundError) {
      return null;
    }
    throw reason;
  }
}
