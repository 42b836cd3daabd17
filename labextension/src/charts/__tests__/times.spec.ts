import { describe, expect, it } from 'vitest';

import { axisTime, fullTime, monthsBefore } from '../times';

const MIDNIGHT = Date.UTC(2024, 0, 2);

describe('times', () => {
  it('midnight is the beginning of a day', () => {
    expect(axisTime(MIDNIGHT, 3, 'UTC', 'en')).toBe('00:00');
    expect(fullTime(MIDNIGHT, '1h', 'UTC', 'en')).toContain('00:00');
    expect(fullTime(MIDNIGHT, '1h', 'UTC', 'en')).toContain('Jan 2');
    expect(fullTime(MIDNIGHT, '1D', 'UTC', 'en')).not.toContain(':');
  });

  it('a month before the 31st is the last of a shorter month', () => {
    const day = (time: number): string => new Date(time).toISOString();
    expect(day(monthsBefore(Date.UTC(2024, 2, 31, 5), 1))).toBe(
      '2024-02-29T05:00:00.000Z'
    );
    expect(day(monthsBefore(Date.UTC(2024, 0, 15), 12))).toBe(
      '2023-01-15T00:00:00.000Z'
    );
  });
});
