import { describe, expect, it } from 'vitest';

import { placeOf, timeAt } from '../axis';

const HOUR = 3_600_000;
const times = [0, 1, 2, 5, 6].map(hour => hour * HOUR);

describe('placeOf', () => {
  it('counts bars, and parts of a bar between two', () => {
    expect(placeOf(times, 2 * HOUR)).toBe(2);
    expect(placeOf(times, 3.5 * HOUR)).toBe(2.5);
    expect(placeOf(times, 6 * HOUR)).toBe(4);
  });

  it('goes on beyond both ends at the pace of the bars', () => {
    expect(placeOf(times, -1.5 * HOUR)).toBe(-1);
    expect(placeOf(times, 9 * HOUR)).toBe(6);
  });

  it('knows what to do with one bar and with none', () => {
    expect(placeOf([5], 5)).toBe(0);
    expect(placeOf([0], 86_400_000)).toBe(1);
    expect(placeOf([], 5)).toBe(0);
  });
});

describe('timeAt', () => {
  it('is the other way round, everywhere', () => {
    for (const place of [-40, -1, 0, 1.25, 2.5, 4, 4.5, 30]) {
      expect(placeOf(times, timeAt(times, place))).toBeCloseTo(place, 9);
    }
  });
});
