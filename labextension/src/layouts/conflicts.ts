/**
 * What can be done about a stale save of a layout.
 */
import {
  isStill,
  putTogether,
  sayingOf,
  settle,
  sideOf
} from '../saved/settling';
import type { LayoutModel } from './model';
import { asContent, documentOf } from './saving';

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
  return settle(model, async current => {
    const mine = sideOf(model);
    const saying = sayingOf(model, 'overwrite');
    model.versionSaved(await model.put(mine, current, saying), mine);
  });
}

/**
 * Put both sides together and save. Rejects as the client does.
 *
 * @returns how many places both sides changed; this page's side is taken there
 */
export function merge(model: LayoutModel): Promise<number> {
  return settle(model, async () => {
    const { mine, result } = await putTogether(model);
    const merged = documentOf(result);
    const saving = sayingOf(model, 'merge');
    const saved = await model.put(merged, result.current_version, saving);
    // What was changed here while that was saved goes on as an edit of it.
    const shown = isStill(model, mine)
      ? merged
      : documentOf((await putTogether(model)).result);
    model.replace(shown);
    model.versionSaved(saved, merged);
    return result.conflicts;
  });
}
