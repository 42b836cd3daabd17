import { describe, expect, it } from 'vitest';

import type { DiffRow } from '../../api/models';
import { foldRows } from '../rows';

function rows(pattern: string): DiffRow[] {
  return Array.from(pattern, letter => ({
    change: letter === 'c' ? 'changed' : 'same',
    outputs_changed: letter === 'o',
    left: letter,
    right: letter
  }));
}

/** `=` a row as it is, a number a fold of so many. */
function shape(pattern: string): string {
  return foldRows(rows(pattern))
    .map(part => (part.type === 'row' ? part.row.left : part.rows.length))
    .join('');
}

describe('foldRows', () => {
  it.each([
    ['', ''],
    ['c', 'c'],
    ['sssss', '5'],
    ['ssscsss', '2scs2'],
    ['cssc', 'cssc'],
    ['csssc', 'csssc'],
    ['cssssc', 'cs2sc'],
    ['ssoss', 'ssoss'],
    ['sssosss', '2sos2']
  ])('%s → %s', (pattern, expected) => {
    expect(shape(pattern)).toBe(expected);
  });
});
