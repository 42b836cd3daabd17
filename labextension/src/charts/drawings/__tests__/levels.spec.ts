import { describe, expect, it } from 'vitest';

import { readLevels, writeLevels } from '../levels';

describe('levels', () => {
  it('are written in percent and read back', () => {
    expect(writeLevels(null)).toBe('0, 23.6, 38.2, 50, 61.8, 78.6, 100');
    expect(readLevels('0, 25,50 ; 161.8%')).toEqual([0, 0.25, 0.5, 1.618]);
    expect(writeLevels([-0.272, 1.618])).toBe('-27.2, 161.8');
    expect(readLevels(writeLevels([0.1, 0.7, 1.272]))).toEqual([
      0.1, 0.7, 1.272
    ]);
  });

  it('are the usual ones where nothing or those are written', () => {
    expect(readLevels(' ')).toBeNull();
    expect(readLevels(writeLevels(null))).toBeNull();
  });

  it('are refused where they are no numbers, or too many', () => {
    for (const text of ['a', '1, Infinity', '1e9']) {
      expect(readLevels(text)).toBeUndefined();
    }
    const many = Array.from({ length: 31 }, (_, i) => i).join(',');
    expect(readLevels(many)).toBeUndefined();
    expect(readLevels('50, 50')).toEqual([0.5]);
  });
});
