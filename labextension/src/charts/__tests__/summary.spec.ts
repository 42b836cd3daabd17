import { describe, expect, it } from 'vitest';

import type { Instrument } from '../../api/models';
import { change, decimals, price } from '../summary';

const stepping = (tick_size: number | null): Instrument =>
  ({ tick_size }) as Instrument;

describe('decimals', () => {
  it('are those of the smallest step', () => {
    expect(
      [0.01, 0.0001, 1, 0.25, 1e-8, null].map(step => decimals(stepping(step)))
    ).toEqual([2, 4, 0, 2, 8, 2]);
  });
});

describe('price', () => {
  it('has the decimals of the instrument, and a dash for what is not known', () => {
    expect(price(1234.5, stepping(0.01), 'en')).toBe('1,234.50');
    expect(price(null, stepping(0.01), 'en')).toBe('–');
    expect(price(NaN, null, 'en')).toBe('–');
  });
});

describe('change', () => {
  it('says by how much a bar closed above or below the one before', () => {
    const bars = {
      time: [0, 1, 2],
      open: [],
      high: [],
      low: [],
      close: [100, 110, 99],
      volume: []
    };
    expect([0, 1, 2].map(index => change(bars, index, 'en'))).toEqual([
      '',
      '+10.00%',
      '-10.00%'
    ]);
    bars.close = [-40, -30, 10];
    expect([1, 2].map(index => change(bars, index, 'en'))).toEqual([
      '+25.00%',
      '+133.33%'
    ]);
  });
});
