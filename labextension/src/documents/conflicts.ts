/**
 * What can be done about a stale save, without drawing anything. Nothing is
 * ever lost on the way: what gets overwritten stays a version.
 */
import { ConflictError, StaleError } from '../api/errors';
import type { Workflow, WorkflowItem } from '../api/models';
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

/** How often a resolution starts over when yet another save comes in between. */
const TRIES = 3;

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
  return model.enqueue(() =>
    untilCurrent(model, async () => {
      const mine = mySide(model);
      await settleOtherDraft(model);
      const result = await model.client.workflows.merge(model.item.id, {
        base_version: model.baseVersion,
        content: mine
      });
      const merged = contentOf(result);
      if (result.conflicts > 0) {
        model.port.write(model.asTrusted(merged));
        model.rebase(result.current_version, baseOf(model, merged));
        model.leaveConflict();
        return { conflicts: result.conflicts, saved: null };
      }
      const saved = await save(model, merged, result.current_version);
      model.port.write(model.asTrusted(merged));
      const item = model.versionSaved(saved, model.port.read() ?? merged);
      model.port.setDirty(false);
      return { conflicts: 0, saved: item };
    })
  );
}

/** Saves the page's content over the current version, which stays in the history. */
export function overwrite(model: DocumentModel): Promise<WorkflowItem> {
  return model.enqueue(() =>
    untilCurrent(model, async () => {
      const mine = mySide(model);
      const current = await settleOtherDraft(model);
      const saved = await save(model, mine, current);
      const item = model.versionSaved(saved, mine);
      model.port.setDirty(false);
      return item;
    })
  );
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

/** `name copy`, `name copy 2`, …, cut so that it stays a valid name. */
export function copyName(name: string, number: number): string {
  const suffix = number === 1 ? ' copy' : ` copy ${number}`;
  return [...name].slice(0, 200 - suffix.length).join('') + suffix;
}

/** The content that counts as unedited where a merge left marks: none, so that the marks are an edit. */
function baseOf(
  model: DocumentModel,
  merged: WorkflowContent
): WorkflowContent {
  return otherSide(model) ?? merged;
}

function save(
  model: DocumentModel,
  content: WorkflowContent,
  version: number
): Promise<Workflow> {
  return model.client.workflows.save(
    model.item.id,
    model.saveBody(content),
    version
  );
}

/**
 * Makes another tab's newer draft a version first, so that going on cannot lose it.
 *
 * @returns the current version to save against
 */
async function settleOtherDraft(model: DocumentModel): Promise<number> {
  const conflict = model.conflict;
  if (conflict?.type === 'version') {
    return conflict.current.version;
  }
  if (conflict?.type !== 'draft') {
    return model.baseVersion;
  }
  const { revision, base_version, content } = conflict.current;
  try {
    const saved = await model.client.workflows.versionFromDraft(
      model.item.id,
      revision,
      base_version
    );
    model.draft = null;
    return saved.version;
  } catch (error) {
    if (!(error instanceof StaleError)) {
      throw error;
    }
    // That draft's own base is outdated too: keep it as a version on top of the current one.
    const current = await model.client.workflows.get(model.item.id);
    const kept = await model.client.workflows.save(
      model.item.id,
      saveBody(content ?? ''),
      current.version
    );
    return kept.version;
  }
}

async function untilCurrent<T>(
  model: DocumentModel,
  act: () => Promise<T>
): Promise<T> {
  const { conflict } = model;
  model.resolving();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof StaleError) || attempt >= TRIES) {
        if (model.conflict ?? conflict) {
          model.enterConflict((model.conflict ?? conflict)!);
        }
        throw error;
      }
      const current = await model.client.workflows.get(model.item.id);
      model.enterConflict({ type: 'version', current });
      model.resolving();
    }
  }
}
