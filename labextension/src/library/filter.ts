/**
 * What the library panel is narrowed to, and the query that asks for it.
 */
import type { LibraryItem, SavedQuery } from '../api/models';
import { PAGE_SIZE } from './constants';
import type { KindFilter } from './sources';

/** The views of the one list. */
export type LibraryView = 'all' | 'pinned' | 'recent' | 'shared' | 'deleted';

export type LibrarySort = 'name' | '-updated_at' | '-created_at' | '-used_at';

export type LibraryFilter = {
  view: LibraryView;
  /** Words to find in name, description and tags. */
  search: string;
  /** A tag, or empty for any. */
  tag: string;
  /** A project's id, `none`, or empty for all. */
  project: string;
  /** A kind, or empty for all. */
  kind: KindFilter;
  sort: LibrarySort;
};

export const NO_FILTER: LibraryFilter = {
  view: 'all',
  search: '',
  tag: '',
  project: '',
  kind: '',
  sort: '-updated_at'
};

/** The query for one page of one resource; the kind says which resources are asked. */
export function queryOf(
  filter: LibraryFilter
): SavedQuery & { sort: LibrarySort; limit: number } {
  return {
    q: filter.search.trim() || undefined,
    tag: filter.tag || undefined,
    project: filter.project || undefined,
    pinned: filter.view === 'pinned' || undefined,
    shared: filter.view === 'shared' || undefined,
    deleted: filter.view === 'deleted' || undefined,
    sort: filter.view === 'recent' ? '-used_at' : filter.sort,
    limit: PAGE_SIZE,
    count: true
  };
}

/** True when something hides part of the library: an empty list then means "nothing found". */
export function isNarrowed(filter: LibraryFilter): boolean {
  return (
    filter.search.trim() !== '' ||
    filter.tag !== '' ||
    filter.project !== '' ||
    filter.kind !== ''
  );
}

/**
 * True when an item certainly does not belong into a view any more, so that it can leave at once
 * (a search is only answered by the service).
 */
export function leaves(item: LibraryItem, filter: LibraryFilter): boolean {
  const deleted = Boolean(item.deleted_at);
  if (deleted !== (filter.view === 'deleted')) {
    return true;
  }
  if (filter.view === 'pinned' && !item.pinned) {
    return true;
  }
  if (filter.kind !== '' && item.kind !== filter.kind) {
    return true;
  }
  if (filter.tag !== '' && !item.tags.includes(filter.tag)) {
    return true;
  }
  return (
    filter.project !== '' && (item.project_id ?? 'none') !== filter.project
  );
}
