import { describe, expect, it } from 'vitest';

import { beginOfDay, lastDay } from '../days';

describe('days of the calendar', () => {
  it('begin at midnight here', () => {
    expect(beginOfDay('2031-05-17')).toEqual(new Date(2031, 4, 17));
    expect(beginOfDay('2031-12-31', 1)).toEqual(new Date(2032, 0, 1));
    expect(beginOfDay('2032-02-29')).toEqual(new Date(2032, 1, 29));
  });

  it('are none where there is no such day', () => {
    for (const text of ['', '2031', '2031-02-31', '2031-13-01', '0007-01-01']) {
      expect(beginOfDay(text)).toBeNull();
    }
  });

  it('come back as the day that ends', () => {
    const end = beginOfDay('2031-05-17', 1)?.toISOString() ?? '';
    expect(lastDay(end)).toBe('2031-05-17');
  });
});
