/**
 * The resources whose objects the library lists.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { QuantLabClient } from '../api/client';
import type { LibraryItem, SavedQuery } from '../api/models';
import type { SavedClient } from '../api/saved';
import type { ISource } from './feed';
import { MergedFeed, orderOf } from './feed';

/** Resources of saved objects, by their part of the address. */
export type Resource = 'workflows' | 'layouts';

/** Kinds a list can be narrowed to; empty: all of them. */
export type KindFilter = '' | LibraryItem['kind'];

/** The resource of an object. */
export function resourceOf(item: { kind: string }): Resource {
  return item.kind === 'layout' ? 'layouts' : 'workflows';
}

/** Calls that act on an object without its content. */
type Acts = Pick<
  SavedClient<{
    item: LibraryItem;
    whole: object;
    version: object;
    create: object;
    update: object;
  }>,
  'patch' | 'delete' | 'purge' | 'undelete' | 'duplicate'
>;

/** The calls that act on an object. */
export function clientOf(client: QuantLabClient, item: { kind: string }): Acts {
  return client[resourceOf(item)];
}

/** Everything of one kind, or of all, in one order. `query.limit` is that of each page of each resource. */
export function everything(
  client: QuantLabClient,
  query: SavedQuery & { sort: NonNullable<SavedQuery['sort']> },
  kind: KindFilter = ''
): MergedFeed<LibraryItem> {
  const workflows: ISource<LibraryItem> = {
    name: 'workflows',
    page: (cursor, signal) =>
      client.workflows.list(
        { ...query, kind: kind || undefined, cursor },
        signal
      )
  };
  const layouts: ISource<LibraryItem> = {
    name: 'layouts',
    page: (cursor, signal) => client.layouts.list({ ...query, cursor }, signal)
  };
  const sources =
    kind === ''
      ? [workflows, layouts]
      : [kind === 'layout' ? layouts : workflows];
  return new MergedFeed(sources, orderOf(query.sort));
}

/** What a list lacks because a resource did not answer. */
export function missingWords(name: string, trans: TranslationBundle): string {
  return name === 'layouts'
    ? trans.__('Layouts are missing here.')
    : trans.__('Notebooks and scripts are missing here.');
}
