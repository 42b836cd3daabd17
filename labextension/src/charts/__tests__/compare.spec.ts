import { describe, expect, it } from 'vitest';

import type { Bars, Instrument } from '../../api/models';
import { alignTo, readCompare } from '../compare';
import { MANY } from '../ids';
import type { IMarketClient } from '../model';
import { ChartModel } from '../model';
import { readState } from '../state';
import { columnsAt } from './columns';

/** Bars at 10, 20 and 30, and older ones at 0; other symbols have them too, but BAD has none. */
function market(): IMarketClient & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    instrument: () => Promise.resolve({ timeframes: ['1D'] } as Instrument),
    bars: ({ symbol, to, from }) => {
      asked.push(`${symbol} ${from ?? ''}-${to ?? ''}`);
      if (symbol === 'BAD') {
        return Promise.reject(new Error('no such symbol'));
      }
      const time = to === undefined ? [10, 20, 30] : [0];
      const all = from === 0 ? [0, ...time] : time;
      return Promise.resolve({
        columns: {
          time: all,
          open: all,
          high: all,
          low: all,
          close: all.map(at => at * 2),
          volume: all
        },
        next_before: to === undefined && from === undefined ? 10 : null
      } as Bars);
    },
    studies: () => Promise.resolve([]),
    evaluateStudies: () => Promise.reject(new Error('not asked for'))
  };
}

const settled = (): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, 0));

describe('alignTo', () => {
  it('takes the newest close that is not later, and nothing before the first', () => {
    const other = { time: [15, 20, 28], close: [1, 2, 3] };
    expect(alignTo([10, 15, 20, 25, 30, 40], other)).toEqual([
      null,
      1,
      2,
      2,
      3,
      3
    ]);
    expect(alignTo([1], { time: [], close: [] })).toEqual([null]);
  });
});

describe('readCompare', () => {
  it('keeps each symbol once, complete', () => {
    expect(
      readCompare([
        { symbol: ' X:A ' },
        { symbol: 'X:A', colour: '#00ff00', visible: false },
        { symbol: 'X:B', colour: 'red' },
        { symbol: '' },
        null
      ])
    ).toEqual([
      { symbol: 'X:A', colour: '#00ff00', visible: false },
      { symbol: 'X:B', colour: null, visible: true }
    ]);
    expect(readCompare(undefined)).toEqual([]);
  });
});

describe('Comparisons', () => {
  it('loads what is added, in percent, once', async () => {
    const client = market();
    const model = new ChartModel(client, readState({ symbol: 'X:A' }));
    await model.load();
    await model.comparisons.add('X:B');
    await model.comparisons.add('X:B');
    await model.comparisons.add('X:A');
    await settled();
    expect(model.state.compare).toEqual([
      { symbol: 'X:B', colour: null, visible: true }
    ]);
    expect(model.state.scale).toBe('percent');
    expect(model.comparisons.valuesOf('X:B')).toEqual([20, 40, 60]);
    expect(client.asked).toEqual(['X:A -', 'X:B 10-']);
  });

  it('goes back to the scale there was, unless somebody chose another meanwhile', async () => {
    const state = readState({ symbol: 'X:A', scale: 'log' });
    const chart = new ChartModel(market(), state);
    await chart.load();
    for (const symbol of ['X:B', 'X:C']) {
      await chart.comparisons.add(symbol);
    }
    await chart.comparisons.remove('X:B');
    expect(chart.state.scale).toBe('percent');
    await chart.comparisons.remove('X:C');
    expect(chart.state.scale).toBe('log');
    await chart.comparisons.add('X:B');
    await chart.set({ scale: 'linear' });
    await chart.comparisons.remove('X:B');
    expect(chart.state.scale).toBe('linear');
  });

  it('reaches as far back as the chart does', async () => {
    const client = market();
    const model = new ChartModel(
      client,
      readState({ symbol: 'X:A', compare: [{ symbol: 'X:B' }] })
    );
    await model.load();
    await settled();
    const meanwhile: unknown[] = [];
    model.changed.connect((_, what) => {
      if (what === 'older') {
        meanwhile.push(model.comparisons.valuesOf('X:B'));
      }
    });
    await model.loadOlder();
    await settled();
    expect(meanwhile).toEqual([[null, 20, 40, 60]]);
    expect(model.comparisons.valuesOf('X:B')).toEqual([0, 20, 40, 60]);
  });

  it('reads as many pages as one has that trades around the clock', async () => {
    const client = market();
    const limits: number[] = [];
    const model = new ChartModel(
      {
        ...client,
        bars: query => {
          if (query.symbol !== 'X:COIN') {
            return client.bars(query);
          }
          limits.push(query.limit);
          const time = query.to === undefined ? [20, 25, 30] : [10, 15];
          return Promise.resolve({
            columns: columnsAt(time),
            next_before: query.to === undefined ? 20 : null
          } as Bars);
        }
      },
      readState({ symbol: 'X:A', compare: [{ symbol: 'X:COIN' }] })
    );
    await model.load();
    await settled();
    expect(model.comparisons.valuesOf('X:COIN')).toEqual([10, 20, 30]);
    // What the service takes at most does not depend on how far somebody has scrolled back.
    expect(limits).toEqual([MANY, MANY]);
  });

  it('says why one has no bars, and the chart stays', async () => {
    const model = new ChartModel(
      market(),
      readState({ symbol: 'X:A', compare: [{ symbol: 'BAD' }] })
    );
    await model.load();
    await settled();
    expect(model.status).toBe('ready');
    expect(model.comparisons.problemOf('BAD')).toBeInstanceOf(Error);
    await model.comparisons.remove('BAD');
    expect(model.comparisons.problemOf('BAD')).toBeNull();
  });
});
