import { describe, expect, it } from 'vitest';

import type { Instrument, Study } from '../../api/models';
import { fileName, headingOf } from '../export';
import { FIRST_CHART, newStudy } from '../state';

describe('fileName', () => {
  it('says what the file holds and from where, in any script', () => {
    const of = (symbol: string): string =>
      fileName({ symbol, timeframe: '1D' }, 'csv');
    expect(of('SAMPLE:AAPL')).toBe('SAMPLE-AAPL 1D.csv');
    expect(of('REPLAY:AAPL')).toBe('REPLAY-AAPL 1D.csv');
    expect(of('FILES:a/b 株価')).toBe('FILES-a-b-株価 1D.csv');
  });
});

describe('headingOf', () => {
  it('says what a picture shows, that prices are a replay, and the studies in it', () => {
    const [shown, hidden] = [newStudy('ta.rsi', { length: 21 }), newStudy('x')];
    const chart = {
      zone: 'America/New_York',
      instrument: { name: 'Apple', symbol: 'REPLAY:AAPL' } as Instrument,
      state: {
        ...FIRST_CHART,
        symbol: 'REPLAY:AAPL',
        studies: [shown, { ...shown, visible: false }, hidden]
      },
      catalogue: [
        {
          id: 'ta.rsi',
          label: 'RSI',
          inputs: [{ name: 'length', default: 14 }]
        }
      ] as Study[]
    };
    expect(headingOf(chart, 'REPLAY of 2020-01-02')).toEqual([
      'Apple · REPLAY:AAPL · 1D · America/New_York · REPLAY of 2020-01-02',
      'RSI 21'
    ]);
    const nothing = { ...chart, instrument: null, state: FIRST_CHART };
    expect(headingOf(nothing, '')).toEqual([
      'SAMPLE:AAPL · 1D · America/New_York'
    ]);
  });
});
