/**
 * A save or a draft was refused because something newer is there: whose is it?
 */
import type { StaleError } from '../api/errors';
import type { Workflow } from '../api/models';
import { isFreeDraft } from '../saved/stale';
import type { WorkflowContent } from './content';
import { contentKey, contentOf } from './content';
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
    return isFreeDraft(model, error, content);
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
