import { describe, expect, it } from 'vitest';

import type { LibraryItem, Page } from '../../api/models';
import type { ISource } from '../feed';
import { MergedFeed, orderOf, usedAt } from '../feed';

type Item = { id: string; key: number };

const byKey = (a: Item, b: Item): number => b.key - a.key;

/** A sorted list behind pages; `broken` says which page (from 0) does not come. */
class List implements ISource<Item> {
  constructor(
    readonly name: string,
    private readonly _keys: number[],
    private readonly _size: number
  ) {}

  broken = -1;
  asked = 0;

  page(cursor: string | undefined): Promise<Page<Item>> {
    this.asked += 1;
    const start = Number(cursor ?? 0);
    if (start / this._size === this.broken) {
      return Promise.reject(new Error(`${this.name} is down`));
    }
    const end = start + this._size;
    return Promise.resolve({
      items: this._keys
        .slice(start, end)
        .map(key => ({ id: `${this.name}${key}`, key })),
      next_cursor: end < this._keys.length ? String(end) : null,
      total: this._keys.length
    });
  }
}

async function all(feed: MergedFeed<Item>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (feed.hasMore) {
    found.push(...(await feed.next(count)).map(item => item.id));
  }
  return found;
}

describe('merging paged lists', () => {
  it('keeps one order over all pages, whatever their sizes', async () => {
    const left = [19, 18, 17, 16, 15, 4, 3, 1];
    const right = [20, 14, 13, 12, 11, 10, 9, 2];
    const wanted = [...left, ...right].sort((a, b) => b - a);
    for (const [size, other, count] of [
      [2, 3, 5],
      [3, 1, 1],
      [8, 2, 4],
      [50, 50, 50]
    ]) {
      const feed = new MergedFeed(
        [new List('a', left, size), new List('b', right, other)],
        byKey
      );
      const found = await all(feed, count);
      expect(found.map(id => Number(id.slice(1)))).toEqual(wanted);
      expect(feed.total).toBe(16);
    }
  });

  it('asks a list for no more than it needs', async () => {
    const busy = new List('a', [9, 8, 7, 6, 5, 4], 2);
    const quiet = new List('b', [3, 2, 1, 0], 2);
    const feed = new MergedFeed([busy, quiet], byKey);
    await feed.next(3);
    expect([busy.asked, quiet.asked]).toEqual([2, 1]);
    expect((await feed.next(4)).map(item => item.key)).toEqual([6, 5, 4, 3]);
    expect(quiet.asked).toBe(1);
  });

  it('gives an item once though a page says it again', async () => {
    const feed = new MergedFeed(
      [new List('a', [5, 4, 4, 3], 2), new List('b', [], 2)],
      byKey
    );
    expect(await all(feed, 10)).toEqual(['a5', 'a4', 'a3']);
  });

  it('leaves out a list that does not answer, and says so', async () => {
    const down = new List('a', [9, 8, 7], 2);
    down.broken = 0;
    const feed = new MergedFeed([down, new List('b', [5, 4], 2)], byKey);
    expect((await feed.next(10)).map(item => item.id)).toEqual(['b5', 'b4']);
    expect(feed.failures.map(failure => failure.name)).toEqual(['a']);
    expect(feed.total).toBeNull();
    expect(feed.hasMore).toBe(false);
  });

  it('rejects when nothing answers, and goes on where it was', async () => {
    const list = new List('a', [9, 8, 7], 2);
    const feed = new MergedFeed([list, new List('b', [], 2)], byKey);
    list.broken = 0;
    await expect(feed.next(2)).rejects.toThrow('a is down');
    list.broken = 1;
    // What came before the problem is given out; the problem is met next.
    expect((await feed.next(5)).map(item => item.key)).toEqual([9, 8]);
    await expect(feed.next(5)).rejects.toThrow('a is down');
    list.broken = -1;
    expect((await feed.next(5)).map(item => item.key)).toEqual([7]);
    expect(feed.failures).toEqual([]);
    expect(feed.hasMore).toBe(false);
  });
});

describe('the order of the service', () => {
  const item = (id: string, name: string, at: string): LibraryItem =>
    ({ id, name, updated_at: at, created_at: at }) as LibraryItem;
  const sorted = (
    sort: Parameters<typeof orderOf>[0],
    ...items: LibraryItem[]
  ): string[] => [...items].sort(orderOf(sort)).map(({ id }) => id);

  it('compares times to the last digit, with or without a fraction', () => {
    const times = [
      item('a', '', '2024-01-02T00:00:00Z'),
      item('b', '', '2024-01-02T00:00:00.100002Z'),
      item('c', '', '2024-01-02T00:00:00.100001Z'),
      item('d', '', '2024-01-01T23:59:59.999999Z')
    ];
    expect(sorted('-updated_at', ...times)).toEqual(['b', 'c', 'a', 'd']);
    expect(sorted('created_at', ...times)).toEqual(['d', 'a', 'c', 'b']);
  });

  it('compares names without case, by code point, then by id', () => {
    const at = '2024-01-01T00:00:00Z';
    const names = [
      item('2', 'momentum', at),
      item('1', 'MOMENTUM', at),
      item('3', 'Alpha', at),
      item('5', '\u{1F680} rocket', at),
      item('4', '\uFF21 wide', at)
    ];
    expect(sorted('name', ...names)).toEqual(['3', '1', '2', '4', '5']);
  });
});

describe('the order of use', () => {
  const item = (id: string, updated_at: string, opened_at: string | null) =>
    ({ id, updated_at, opened_at }) as LibraryItem;

  it('counts the later one of opened and changed', () => {
    const items = [
      item('changed', '2024-01-05T00:00:00Z', '2024-01-01T00:00:00Z'),
      item('never opened', '2024-01-03T00:00:00Z', null),
      item('opened', '2024-01-01T00:00:00Z', '2024-01-04T00:00:00.5Z')
    ];
    const names = [...items].sort(orderOf('-used_at')).map(({ id }) => id);
    expect(names).toEqual(['changed', 'opened', 'never opened']);
    expect(usedAt(items[0])).toBe('2024-01-05T00:00:00Z');
    expect(usedAt(items[2])).toBe('2024-01-04T00:00:00.5Z');
  });
});
