import { describe, expect, it } from 'vitest';

import type { LibraryItem } from '../../api/models';
import { NO_FILTER, isNarrowed, leaves, queryOf } from '../filter';
import {
  NOTHING,
  extendTo,
  keep,
  selectAll,
  selectOne,
  step,
  toggle
} from '../selection';

const ORDER = ['a', 'b', 'c', 'd'];

describe('selection', () => {
  it('steps through the list and stops at its ends', () => {
    expect(step(NOTHING, ORDER, 1)).toBe('a');
    expect(step(NOTHING, ORDER, -1)).toBe('d');
    expect(step(NOTHING, ORDER, ORDER.length)).toBe('d');
    expect(step(NOTHING, ORDER, -ORDER.length)).toBe('a');
    expect(step(selectOne('c'), ORDER, 5)).toBe('d');
    expect(step(selectOne('b'), ORDER, -1)).toBe('a');
    expect(step(NOTHING, [], 1)).toBeNull();
  });

  it('extends from where it started, in both directions', () => {
    const down = extendTo(selectOne('b'), ORDER, 'd');
    expect([...down.ids]).toEqual(['b', 'c', 'd']);
    expect([...extendTo(down, ORDER, 'a').ids]).toEqual(['a', 'b']);
    expect([...selectAll(NOTHING, ORDER).ids]).toEqual(ORDER);
  });

  it('adds and takes away single rows', () => {
    const two = toggle(selectOne('a'), 'c');
    expect([...two.ids]).toEqual(['a', 'c']);
    expect([...toggle(two, 'a').ids]).toEqual(['c']);
  });

  it('goes to the row that took the place of a deleted one', () => {
    const after = keep(selectOne('b'), ORDER, ['a', 'c', 'd']);
    expect(after.active).toBe('c');
    expect([...after.ids]).toEqual(['c']);
    expect(keep(selectOne('d'), ORDER, ['a', 'b', 'c']).active).toBe('c');
    expect(keep(selectOne('a'), ['a'], []).active).toBeNull();
  });
});

describe('filter', () => {
  const item = {
    id: 'x',
    kind: 'layout',
    tags: ['fx'],
    project_id: 'p',
    pinned: false,
    deleted_at: null
  } as unknown as LibraryItem;

  it('asks only for what narrows', () => {
    expect(queryOf(NO_FILTER)).toEqual({
      sort: '-updated_at',
      limit: 50,
      count: true,
      q: undefined,
      tag: undefined,
      project: undefined,
      pinned: undefined,
      shared: undefined,
      deleted: undefined
    });
    expect(queryOf({ ...NO_FILTER, view: 'recent', sort: 'name' }).sort).toBe(
      '-used_at'
    );
    expect(isNarrowed({ ...NO_FILTER, search: ' ' })).toBe(false);
    expect(isNarrowed({ ...NO_FILTER, tag: 'fx' })).toBe(true);
    expect(isNarrowed({ ...NO_FILTER, kind: 'layout' })).toBe(true);
  });

  it('knows what leaves a view at once', () => {
    expect(leaves(item, NO_FILTER)).toBe(false);
    expect(leaves(item, { ...NO_FILTER, view: 'pinned' })).toBe(true);
    expect(leaves(item, { ...NO_FILTER, view: 'deleted' })).toBe(true);
    expect(leaves(item, { ...NO_FILTER, tag: 'bonds' })).toBe(true);
    expect(leaves(item, { ...NO_FILTER, project: 'none' })).toBe(true);
    expect(leaves(item, { ...NO_FILTER, project: 'p' })).toBe(false);
    expect(leaves(item, { ...NO_FILTER, kind: 'layout' })).toBe(false);
    expect(leaves(item, { ...NO_FILTER, kind: 'python' })).toBe(true);
  });
});
