/**
 * What can be done about a stale save. Nothing is lost on the way: what gets overwritten stays a version.
 */
import { StaleError } from '../api/errors';
import type { LayoutItem } from '../api/models';
import type { LayoutModel } from './model';
import { asContent, documentOf } from './saving';

/** How often settling starts over when yet another save comes in between. */
const TRIES = 3;

/** Both sides of a conflict in words. */
export interface IDifference {
  /** What somebody else saved since this page's version; empty when that cannot be said. */
  theirs: string;
  /** Places that both sides changed. */
  places: readonly string[];
}

/** Ask what the other side changed. Rejects as the client does. */
export async function differenceOf(model: LayoutModel): Promise<IDifference> {
  const { conflict, item, client, baseVersion } = model;
  if (!item || conflict?.type !== 'version') {
    return { theirs: '', places: [] };
  }
  const [diff, merged] = await Promise.all([
    client.diff(item.id, baseVersion, conflict.current.version),
    client.merge(item.id, {
      base_version: baseVersion,
      content: asContent(model.document)
    })
  ]);
  return {
    theirs: diff.words ?? '',
    places: (merged.places ?? []).map(place => place.text)
  };
}

/** Save this page's side over the other one, which stays a version. Rejects as the client does. */
export function overwrite(model: LayoutModel): Promise<void> {
  return settle(model, async (item, current) => {
    const { document } = model;
    const body = { ...model.body(document), source: 'overwrite' as const };
    const saved = await model.client.save(item.id, body, current);
    model.versionSaved(saved, document);
  });
}

/**
 * Put both sides together and save. Rejects as the client does.
 *
 * @returns how many places both sides changed; this page's side is taken there
 */
export function merge(model: LayoutModel): Promise<number> {
  return settle(model, async item => {
    const merged = await model.client.merge(item.id, {
      base_version: model.baseVersion,
      content: asContent(model.document)
    });
    const document = documentOf(merged);
    const saved = await model.client.save(
      item.id,
      { ...model.body(document), source: 'merge' },
      merged.current_version
    );
    model.replace(document);
    model.versionSaved(saved, document);
    return merged.conflicts;
  });
}

/** Carry out what the person decided; the conflict stays when that fails. */
function settle<T>(
  model: LayoutModel,
  act: (item: LayoutItem, current: number) => Promise<T>
): Promise<T> {
  return model.enqueue(async () => {
    const { item, conflict } = model;
    if (!item || !conflict) {
      throw new Error('There is no conflict to settle.');
    }
    model.enter('saving');
    try {
      let current = await keepOtherSide(model, item);
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await act(item, current);
        } catch (error) {
          if (!(error instanceof StaleError) || attempt >= TRIES) {
            throw error;
          }
          current = (await model.client.get(item.id)).version;
        }
      }
    } catch (error) {
      model.enterConflict(conflict);
      throw error;
    }
  });
}

/**
 * Makes another tab's newer draft a version first, so that going on cannot lose it.
 *
 * @returns the version to save against
 */
async function keepOtherSide(
  model: LayoutModel,
  item: LayoutItem
): Promise<number> {
  const { conflict, client } = model;
  if (conflict?.type === 'version') {
    return conflict.current.version;
  }
  if (conflict?.type !== 'draft') {
    return model.baseVersion;
  }
  const { revision, base_version } = conflict.current;
  // It becomes a version, and with that is nobody's any more.
  model.draft = null;
  const current = await client.get(item.id);
  if (current.version === base_version) {
    const saved = await client.versionFromDraft(
      item.id,
      revision,
      base_version
    );
    return saved.version;
  }
  // That draft's own base is outdated too: it becomes a version on top of the current one.
  const kept = await client.save(
    item.id,
    { document: documentOf(conflict.current), draft_revision: revision },
    current.version
  );
  return kept.version;
}
