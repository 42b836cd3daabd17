import { describe, expect, it } from 'vitest';

import { axisTime, fullTime } from '../times';

const MIDNIGHT = Date.UTC(2024, 0, 2);

describe('times', () => {
  it('midnight is the beginning of a day', () => {
    expect(axisTime(MIDNIGHT, 3, 'UTC', 'en')).toBe('00:00');
    expect(fullTime(MIDNIGHT, '1h', 'UTC', 'en')).toContain('00:00');
    expect(fullTime(MIDNIGHT, '1h', 'UTC', 'en')).toContain('Jan 2');
    expect(fullTime(MIDNIGHT, '1D', 'UTC', 'en')).not.toContain(':');
  });
});
