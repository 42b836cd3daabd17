import { describe, expect, it } from 'vitest';

import type { Instrument } from '../../api/models';
import { change, decimals, price, studyFigure } from '../summary';

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

describe('studyFigure', () => {
  it('says what lies between the steps of a price, and volumes in few characters', () => {
    const [own, volume] = [{ pane: 'own' }, { pane: 'volume' }] as const;
    // Where prices have no decimals an oscillator still does.
    expect(studyFigure(-0.126, own, stepping(1), 'en')).toBe('-0.13');
    expect(studyFigure(0.000123, own, stepping(0.00001), 'en')).toBe('0.00012');
    expect(studyFigure(45_123_456, volume, stepping(0.01), 'en')).toBe(
      '45.12M'
    );
    expect(studyFigure(null, own, null, 'en')).toBe('–');
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
