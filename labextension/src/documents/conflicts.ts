/**
 * What can be done about a stale save of a workflow, without drawing anything.
 */
import { ConflictError } from '../api/errors';
import type { Workflow, WorkflowItem } from '../api/models';
import {
  copyName,
  isStill,
  putTogether,
  sayingOf,
  settle,
  sideOf
} from '../saved/settling';
import type { WorkflowContent } from './content';
import { contentOf, editKey, saveBody, withoutTrust } from './content';
import type { DocumentModel } from './model';

/** What a merge came to. */
export interface IMergeOutcome {
  /** Places that need a person's eye; they are marked inside the document. */
  conflicts: number;
  /** The version saved, or null while conflicts wait in the document. */
  saved: WorkflowItem | null;
}

/** The page's own side. */
export function mySide(model: DocumentModel): WorkflowContent {
  return withoutTrust(model.port.read() ?? '');
}

/** The other side: the current version, or the newer draft. Null when the workflow is gone. */
export function otherSide(model: DocumentModel): WorkflowContent | null {
  const conflict = model.conflict;
  return conflict === null || conflict.type === 'gone'
    ? null
    : contentOf(conflict.current);
}

/**
 * Merges the page's content with what is stored, and saves the result when
 * both sides fit together. Else the marked result is an unsaved edit.
 */
export function merge(model: DocumentModel): Promise<IMergeOutcome> {
  return settle(model, async () => {
    const { mine, result } = await putTogether(model);
    const merged = contentOf(result);
    if (result.conflicts > 0) {
      const base = otherSide(model) ?? merged;
      model.port.write(model.asTrusted(merged));
      // The other side counts as unedited, so that the marks are an edit.
      model.rebase(result.current_version, base);
      model.leaveConflict();
      return { conflicts: result.conflicts, saved: null };
    }
    const saving = sayingOf(model, 'merge');
    const saved = await model.put(merged, result.current_version, saving);
    const isWhole = isStill(model, mine);
    // What was typed here while that was saved goes on as an edit of it.
    const shown = isWhole
      ? merged
      : contentOf((await putTogether(model)).result);
    model.port.write(model.asTrusted(shown));
    const base = isWhole ? (model.port.read() ?? merged) : merged;
    const item = model.versionSaved(saved, base);
    model.port.setDirty(!isWhole);
    return { conflicts: 0, saved: item };
  });
}

/** Saves the page's content over the current version, which stays in the history. */
export function overwrite(model: DocumentModel): Promise<WorkflowItem> {
  return settle(model, async current => {
    const mine = sideOf(model);
    const saying = sayingOf(model, 'overwrite');
    const saved = await model.put(mine, current, saying);
    const item = model.versionSaved(saved, mine);
    model.port.setDirty(!isStill(model, mine));
    return item;
  });
}

/** Saves the page's content as a new workflow beside the old one. */
export async function saveCopy(model: DocumentModel): Promise<Workflow> {
  const { name, project_id, access, tags, description } = model.item;
  const content = mySide(model);
  const { draft } = model;
  for (let number = 1; ; number += 1) {
    try {
      const copy = await model.client.workflows.create({
        name: copyName(name, number),
        description,
        tags,
        project_id: access === 'owner' ? project_id : null,
        ...saveBody(content)
      });
      if (draft !== null && draft.key === editKey(content)) {
        await dropDraft(model, draft.revision);
      }
      return copy;
    } catch (error) {
      const isTaken =
        error instanceof ConflictError && error.code === 'name_taken';
      if (!isTaken || number >= 50) {
        throw error;
      }
    }
  }
}

/** Clears the server's draft, whose content is saved elsewhere by now; one that could not be cleared does no harm. */
async function dropDraft(model: DocumentModel, revision: number) {
  try {
    await model.client.workflows.deleteDraft(model.item.id, revision);
    model.draft = null;
  } catch (reason) {
    console.warn('QuantLab: the draft of the original stays.', reason);
  }
}
