import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import type {
  Bars,
  Instrument,
  Study,
  StudyEvaluation
} from '../../api/models';
import type { IMarketClient } from '../model';
import { ChartModel } from '../model';
import { readState } from '../state';
import { columnsOf, rowsOf } from '../table';

const TIMES = [10, 20, 30, 40];
const client: IMarketClient = {
  instrument: () => Promise.resolve({ timeframes: ['1D'] } as Instrument),
  bars: () =>
    Promise.resolve({
      columns: {
        time: TIMES,
        open: TIMES,
        high: TIMES,
        low: TIMES,
        close: TIMES,
        volume: [1, null, 3, 4]
      },
      next_before: null
    } as unknown as Bars),
  studies: () =>
    Promise.resolve([
      {
        id: 'ta.x',
        label: 'X',
        inputs: [{ name: 'length', default: 14 }],
        plots: [
          { name: 'a', label: 'A' },
          { name: 'b', label: 'B' }
        ]
      }
    ] as Study[]),
  evaluateStudies: () =>
    Promise.resolve({
      time: TIMES,
      results: [{ plots: { a: [null, 1, 2, 3], b: TIMES } }]
    } as unknown as StudyEvaluation)
};

async function loaded(): Promise<ChartModel> {
  const model = new ChartModel(
    client,
    readState({ studies: [{ study: 'ta.x', inputs: { length: 9 } }] })
  );
  await model.load();
  return model;
}

describe('columnsOf', () => {
  it('has the figures of bars and every value of studies, told apart by inputs', async () => {
    const columns = columnsOf(await loaded(), nullTranslator.load(''));
    expect(columns.map(column => column.label)).toEqual([
      'Open',
      'High',
      'Low',
      'Close',
      'Volume',
      'X 9: A',
      'X 9: B'
    ]);
    expect(columns.map(column => column.value(1))).toEqual([
      20,
      20,
      20,
      20,
      null,
      1,
      20
    ]);
  });
});

describe('rowsOf', () => {
  it('are the newest in sight, no more than fit', async () => {
    const model = await loaded();
    expect(rowsOf(model, [20, 40])).toEqual({ first: 1, last: 3, inSight: 3 });
    expect(rowsOf(model, [10, 40], 2)).toEqual({
      first: 2,
      last: 3,
      inSight: 4
    });
    expect(rowsOf(model, null)).toBeNull();
  });
});
