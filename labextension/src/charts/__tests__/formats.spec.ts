import { describe, expect, it } from 'vitest';

import { asChange, compact, withDecimals } from '../formats';

describe('formatters of numbers', () => {
  it('are made once for each language and kind', () => {
    expect(withDecimals('en', 2)).toBe(withDecimals('en', 2));
    expect(withDecimals('en', 2).format(1234.5)).toBe('1,234.50');
    expect(withDecimals('en', 0).format(1234.5)).toBe('1,235');
    expect(withDecimals('de', 2).format(1234.5)).toBe('1.234,50');
    expect(asChange('en').format(0.0123)).toBe('+1.23%');
    expect(compact('en').format(1_234_000)).toBe('1.23M');
  });
});
