/**
 * A draft from an earlier time that waits for the person's decision when a layout is opened.
 */
import { NotFoundError } from '../api/errors';
import { sameDocument } from './document';
import type { LayoutModel } from './model';
import { asContent, documentOf } from './model';

/** Look for one. Rejects as the client does. */
export async function lookForDraft(model: LayoutModel): Promise<void> {
  if (!model.item) {
    return;
  }
  try {
    const draft = await model.client.draft(model.item.id);
    const document = documentOf(draft);
    if (sameDocument(document, model.document)) {
      model.draft = { revision: draft.revision, document };
    } else {
      model.found = draft;
    }
  } catch (error) {
    if (!(error instanceof NotFoundError)) {
      throw error;
    }
  }
}

/**
 * Take the draft that was found. One from before the current version is merged with it. Rejects as the client does.
 *
 * @returns how many places both sides changed; the draft's side is taken there
 */
export function restoreDraft(model: LayoutModel): Promise<number> {
  return model.enqueue(async () => {
    const { found, item } = model;
    if (!found || !item) {
      return 0;
    }
    const drafted = documentOf(found);
    let document = drafted;
    let conflicts = 0;
    if (found.base_version !== model.baseVersion) {
      const merged = await model.client.merge(item.id, {
        base_version: found.base_version,
        content: asContent(document)
      });
      document = documentOf(merged);
      conflicts = merged.conflicts;
    }
    model.draft = { revision: found.revision, document: drafted };
    model.found = null;
    model.change(document, true);
    return conflicts;
  });
}

/** Throw the draft that was found away. Rejects when it changed meanwhile, and as the client does. */
export function discardDraft(model: LayoutModel): Promise<void> {
  return model.enqueue(async () => {
    const { found, item } = model;
    if (found && item) {
      await model.client.deleteDraft(item.id, found.revision);
      model.found = null;
    }
  });
}
