import { describe, expect, it } from 'vitest';

import { byteSize, relativeTime } from '../format';
import { cleanName, nameProblem, sameName, withTag } from '../names';

describe('names', () => {
  it.each([
    ['', 'empty'],
    ['  ', 'empty'],
    ['a'.repeat(201), 'too_long'],
    ['😀'.repeat(200), null],
    ['a/b', 'invalid_character'],
    ['a\u0000b', 'invalid_character'],
    ['a\u202eb', 'invalid_character'],
    ['a\u2028b', 'invalid_character'],
    ['استراتيجية', null],
    ['👩‍💻 work', null],
    ['<b>bold</b', 'invalid_character'],
    ['100% sure?', null]
  ])('%j: %s', (name, problem) => {
    expect(nameProblem(name)).toBe(problem);
  });

  it('are one after NFC and case folding', () => {
    expect(cleanName(' e\u0301 ')).toBe('\u00e9');
    expect(sameName('Straße', 'STRASSE')).toBe(true);
    expect(sameName('a', 'b')).toBe(false);
  });
});

describe('tags', () => {
  it('keep the first spelling and refuse what the service would', () => {
    expect(withTag(['Fx'], 'fx')).toEqual(['Fx']);
    expect(withTag(['Fx'], ' bonds ')).toEqual(['Fx', 'bonds']);
    expect(withTag([], '')).toEqual([]);
    expect(withTag([], 'a/b')).toEqual([]);
    const full = Array.from({ length: 30 }, (_, index) => `t${index}`);
    expect(withTag(full, 'more')).toEqual(full);
  });
});

describe('format', () => {
  it('speaks of the past even when clocks differ', () => {
    const now = Date.parse('2026-01-10T12:00:00Z');
    const ago = (iso: string) => relativeTime(iso, now, 'en');
    expect(ago('2026-01-10T12:00:30Z')).toBe('now');
    expect(ago('2026-01-10T11:55:00Z')).toBe('5 minutes ago');
    expect(ago('2026-01-09T11:00:00Z')).toBe('yesterday');
    expect(ago('2025-11-02T12:00:00Z')).toBe('Nov 2, 2025');
    expect(ago('never')).toBe('');
  });

  it('keeps sizes short', () => {
    expect(byteSize(999, 'en')).toBe('999 byte');
    expect(byteSize(1500, 'en')).toBe('1.5 kB');
    expect(byteSize(20_000_000, 'en')).toBe('20 MB');
  });
});
