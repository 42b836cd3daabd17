import { describe, expect, it } from 'vitest';

import { relativeTime, until } from '../format';

const NOW = Date.parse('2026-01-10T12:00:00Z');

function at(seconds: number): string {
  return new Date(NOW + seconds * 1000).toISOString();
}

describe('times', () => {
  it.each([
    [-5, 'now'],
    [30, 'now'],
    [80, 'in 1 minute'],
    [2 * 3600, 'in 2 hours'],
    [86_400, 'tomorrow'],
    // Made just now for seven days.
    [7 * 86_400 - 5, 'in 7 days'],
    [30 * 86_400, 'Feb 9, 2026']
  ])('%i seconds ahead', (seconds, words) => {
    expect(until(at(seconds), NOW, 'en')).toBe(words);
  });

  it('that are past are told as such', () => {
    expect(relativeTime(at(-90), NOW, 'en')).toBe('1 minute ago');
    expect(until('nonsense', NOW, 'en')).toBe('');
  });
});
