/**
 * Several sorted, paged lists as one: each keeps the order the service gave it, and no item is passed over
 * because its page had not come yet.
 */
import type { LibraryItem, Page, SavedQuery } from '../api/models';

/** How many items are asked for by a list of the service that says nothing else. */
type Sort = NonNullable<SavedQuery['sort']>;

/** One of the lists. `page` rejects as the client does. */
export interface ISource<T> {
  readonly name: string;
  page(cursor: string | undefined, signal?: AbortSignal): Promise<Page<T>>;
}

/** What did not answer, and why. */
export type Failure = { readonly name: string; readonly error: unknown };

type Lane<T> = {
  readonly source: ISource<T>;
  /** Fetched and not given out yet. */
  waiting: T[];
  /** Of the next page; undefined: the first one; null: that was all. */
  cursor: string | null | undefined;
  total: number | null;
  failed: boolean;
};

/** The merge. One `next` at a time. */
export class MergedFeed<T extends { id: string }> {
  /**
   * @param sources - lists that are sorted as `before` says
   * @param before - negative when the first comes first
   */
  constructor(
    sources: readonly ISource<T>[],
    private readonly _before: (a: T, b: T) => number
  ) {
    this._lanes = sources.map(source => ({
      source,
      waiting: [],
      cursor: undefined,
      total: null,
      failed: false
    }));
  }

  /** There is more to come. */
  get hasMore(): boolean {
    return this._lanes.some(
      lane => !lane.failed && (lane.waiting.length > 0 || lane.cursor !== null)
    );
  }

  /** Items in all lists together; null when a list did not say. */
  get total(): number | null {
    return this._lanes.reduce<number | null>(
      (sum, { total }) => (sum === null || total === null ? null : sum + total),
      0
    );
  }

  /** Lists that are left out because they did not answer. To try them again, start a new feed. */
  get failures(): readonly Failure[] {
    return this._failures;
  }

  /**
   * The next items, at most `count`; fewer only at the end.
   *
   * A list that does not answer is left out while another one has something to give.
   * Rejects when none has; asking again then goes on at the same place.
   */
  async next(count: number, signal?: AbortSignal): Promise<T[]> {
    const found: T[] = [];
    while (found.length < count) {
      try {
        await this._fill(signal);
      } catch (error) {
        if (found.length === 0) {
          throw error;
        }
        // What was found is given out; the next call meets the problem again.
        break;
      }
      const lane = this._first();
      const item = lane?.waiting.shift();
      if (item === undefined) {
        break;
      }
      // A list that changed between two pages may say an item twice.
      if (!this._given.has(item.id)) {
        this._given.add(item.id);
        found.push(item);
      }
    }
    return found;
  }

  /** Bring the next page of every list that has nothing waiting. */
  private async _fill(signal?: AbortSignal): Promise<void> {
    const dry = this._lanes.filter(
      lane => !lane.failed && lane.waiting.length === 0 && lane.cursor !== null
    );
    if (dry.length === 0) {
      return;
    }
    const answers = await Promise.allSettled(
      dry.map(lane => fetchInto(lane, signal))
    );
    signal?.throwIfAborted();
    const failed = answers.flatMap((answer, index) =>
      answer.status === 'rejected'
        ? [{ lane: dry[index], error: answer.reason as unknown }]
        : []
    );
    if (failed.length === 0) {
      return;
    }
    if (!this._lanes.some(lane => lane.waiting.length > 0)) {
      throw failed[0].error;
    }
    for (const { lane, error } of failed) {
      lane.failed = true;
      lane.total = null;
      this._failures.push({ name: lane.source.name, error });
    }
  }

  /** The list whose next item comes first. */
  private _first(): Lane<T> | undefined {
    return this._lanes
      .filter(lane => lane.waiting.length > 0)
      .reduce<Lane<T> | undefined>(
        (best, lane) =>
          best && this._before(best.waiting[0], lane.waiting[0]) <= 0
            ? best
            : lane,
        undefined
      );
  }

  private readonly _lanes: Lane<T>[];
  private readonly _given = new Set<string>();
  private readonly _failures: Failure[] = [];
}

/** Fetch pages until there is an item or the list ends: a page may be empty. */
async function fetchInto<T>(
  lane: Lane<T>,
  signal?: AbortSignal
): Promise<void> {
  while (lane.waiting.length === 0 && lane.cursor !== null) {
    const page = await lane.source.page(lane.cursor, signal);
    lane.waiting = [...page.items];
    lane.cursor = page.next_cursor;
    lane.total = page.total ?? lane.total;
  }
}

/** The order of the service's lists: the sort key, then the id, both the same way round. */
export function orderOf(
  sort: Sort
): (a: LibraryItem, b: LibraryItem) => number {
  const down = sort.startsWith('-');
  const key = sort.replace('-', '');
  const keyOf = (item: LibraryItem): string =>
    key === 'name' ? nameKey(item.name) : instant(timeOf(item, key));
  return (a, b) => {
    const order = byCodePoint(keyOf(a), keyOf(b)) || byCodePoint(a.id, b.id);
    return down ? -order : order;
  };
}

function timeOf(item: LibraryItem, key: string): string {
  switch (key) {
    case 'created_at':
      return item.created_at;
    case 'used_at':
      return usedAt(item);
    default:
      return item.updated_at;
  }
}

/** When the person opened it or somebody changed it, the later one. */
export function usedAt(
  item: Pick<LibraryItem, 'opened_at' | 'updated_at'>
): string {
  const { opened_at, updated_at } = item;
  return opened_at && instant(opened_at) > instant(updated_at)
    ? opened_at
    : updated_at;
}

/** As near as JavaScript comes to the service's NFC and case folding. */
function nameKey(name: string): string {
  return name.toUpperCase().toLowerCase().normalize('NFC');
}

/** A UTC time as text that sorts: the service leaves out a fraction of zero. */
function instant(iso: string): string {
  const [seconds, fraction = ''] = iso.replace(/(?:Z|\+00:00)$/, '').split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}`;
}

/** Databases compare code points; JavaScript compares halves of surrogate pairs. */
function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    if (a[at] !== b[at]) {
      return rank(a.charCodeAt(at)) - rank(b.charCodeAt(at));
    }
  }
  return a.length - b.length;
}

/** Halves of surrogate pairs stand for characters after all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
