import { describe, expect, it } from 'vitest';

import type { Bars, Instrument, StudyEvaluation } from '../../api/models';
import { ApiError } from '../../api/errors';
import { EVALUATED_MAX } from '../evaluate';
import type { IMarketClient } from '../model';
import { ChartModel } from '../model';
import { readState, STUDIES_MAX } from '../state';
import { columnsAt } from './columns';

/** A history of `size` bars at the times 0, 1, 2, …; a study's value is its bar's time. */
function market(
  size: number,
  page: number
): IMarketClient & { asked: string[] } {
  const asked: string[] = [];
  const times = (to = size, limit = page): number[] => {
    const first = Math.max(0, to - limit);
    return Array.from({ length: to - first }, (_, i) => first + i);
  };
  return {
    asked,
    instrument: () => Promise.resolve({ timeframes: ['1D'] } as Instrument),
    bars: ({ symbol, to }) => {
      asked.push(`bars ${symbol} ${to ?? 'newest'}`);
      if (symbol === 'BAD') {
        return Promise.reject(new Error('no such symbol'));
      }
      const time = times(to, page);
      const columns = columnsAt(time);
      return Promise.resolve({
        columns,
        next_before: time[0] > 0 ? time[0] : null
      } as Bars);
    },
    studies: () => Promise.resolve([]),
    evaluateStudies: ({ to, limit }) => {
      // Pages of a history are short here, whatever is asked for.
      const time = times(
        to as number | undefined,
        to === undefined ? limit : page
      );
      return Promise.resolve({
        time,
        results: [{ study: 'ta.x', inputs: {}, plots: { x: time } }]
      } as unknown as StudyEvaluation);
    }
  };
}

const valuesOf = (model: ChartModel): unknown =>
  model.valuesOf(model.state.studies[0])?.x;

describe('ChartModel', () => {
  it('asks for the studies once for all charts of a page, and again after a failure', async () => {
    const client = market(5, 3);
    let asked = 0;
    client.studies = () =>
      ++asked === 1 ? Promise.reject(new Error('away')) : Promise.resolve([]);
    const charts = [1, 2, 3].map(() => new ChartModel(client, readState({})));
    await charts[0].load();
    expect(charts[0].status).toBe('error');
    await Promise.all(charts.map(chart => chart.load()));
    expect(charts.map(chart => chart.status)).toEqual(Array(3).fill('ready'));
    expect(asked).toBe(2);
  });

  it('loads the newest bars and says when there is nothing', async () => {
    const model = new ChartModel(market(10, 4), readState({}));
    await model.load();
    expect(model.status).toBe('ready');
    expect(model.bars.time).toEqual([6, 7, 8, 9]);
    const empty = new ChartModel(market(0, 4), readState({}));
    await empty.load();
    expect(empty.status).toBe('empty');
  });

  it('puts older bars and their studies before those there are', async () => {
    const model = new ChartModel(market(10, 4), readState({}));
    await model.load();
    await model.addStudy('ta.x');
    await model.loadOlder();
    expect(model.bars.time).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    expect(valuesOf(model)).toEqual(model.bars.time);
    await model.loadOlder();
    await model.loadOlder();
    expect(model.bars.time).toHaveLength(10);
    expect(valuesOf(model)).toEqual(model.bars.time);
  });

  it('keeps studies as long as the bars when both come at once', async () => {
    const model = new ChartModel(market(10, 4), readState({}));
    await model.load();
    await Promise.all([model.addStudy('ta.x'), model.loadOlder()]);
    expect(model.bars.time).toHaveLength(8);
    expect(valuesOf(model)).toEqual(model.bars.time);
  });

  it('loads older bars although a study cannot be computed', async () => {
    const client = market(10, 4);
    const good = client.evaluateStudies;
    const model = new ChartModel(client, readState({}));
    await model.load();
    await model.addStudy('ta.x');
    client.evaluateStudies = () => Promise.reject(new Error('no'));
    await model.loadOlder();
    expect(model.bars.time).toHaveLength(8);
    expect(valuesOf(model)).toBeUndefined();
    expect(model.problemOf(model.state.studies[0])).toBeInstanceOf(Error);
    client.evaluateStudies = good;
    await model.loadOlder();
    expect(model.bars.time).toHaveLength(10);
  });

  it('shows the figures of the inputs given last, whichever answer comes last', async () => {
    const client = market(4, 4);
    const model = new ChartModel(client, readState({}));
    await model.load();
    await model.addStudy('ta.x');
    const answers: ((values: number[]) => void)[] = [];
    client.evaluateStudies = () =>
      new Promise(resolve => {
        answers.push(x =>
          resolve({
            time: [0, 1, 2, 3],
            results: [{ plots: { x } }]
          } as unknown as StudyEvaluation)
        );
      });
    const { id } = model.state.studies[0];
    const first = model.setInputs(id, { length: 10 });
    const second = model.setInputs(id, { length: 20 });
    expect(valuesOf(model)).toBeUndefined();
    answers[1]([20, 20, 20, 20]);
    await second;
    answers[0]([10, 10, 10, 10]);
    await first;
    expect(valuesOf(model)).toEqual([20, 20, 20, 20]);
  });

  it('never shows figures under bars that they do not belong to while older ones come', async () => {
    const model = new ChartModel(market(10, 4), readState({}));
    await model.load();
    await model.addStudy('ta.x');
    const { id } = model.state.studies[0];
    const seen: unknown[] = [];
    model.changed.connect((_, what) => {
      if (what === 'older') {
        seen.push([valuesOf(model), model.bars.time]);
      }
    });
    const older = model.loadOlder();
    // Another colour is no reason to compute it again; another study has no figures for the older bars yet.
    await model.setStyle(id, { colours: { x: '#ff0000' } });
    await model.addStudy('ta.y');
    await older;
    expect(seen).toEqual([[model.bars.time, model.bars.time]]);
    for (const study of model.state.studies) {
      expect(model.valuesOf(study)?.x).toEqual(model.bars.time);
    }
  });

  it('asks for no figures of one symbol for the bars of another', async () => {
    const client = market(10, 4);
    const model = new ChartModel(client, readState({}));
    await model.load();
    await model.addStudy('ta.x');
    let answer = (): void => undefined;
    const held = new Promise<void>(resolve => {
      answer = resolve;
    });
    const { bars, evaluateStudies } = client;
    client.bars = async (query, signal) => {
      await held;
      return bars(query, signal);
    };
    let asked = 0;
    client.evaluateStudies = (body, signal) => {
      asked++;
      return evaluateStudies(body, signal);
    };
    const other = model.set({ symbol: 'B' });
    await model.addStudy('ta.y');
    await model.evaluateNewer();
    expect(asked).toBe(0);
    answer();
    await other;
    expect(asked).toBe(2);
    for (const study of model.state.studies) {
      expect(model.valuesOf(study)?.x).toEqual(model.bars.time);
    }
  });

  it('takes as many studies as a document, and lets the height of a pane go with its study', async () => {
    const model = new ChartModel(market(4, 4), readState({}));
    for (let i = 0; i <= STUDIES_MAX; i++) {
      await model.addStudy('ta.x');
    }
    const { studies } = model.state;
    expect(studies).toHaveLength(STUDIES_MAX);
    const [{ id }, { id: other }] = studies;
    await model.set({ heights: { main: 3, [id]: 2, [other]: 1.5 } });
    await model.removeStudy(id);
    expect(model.state.heights).toEqual({ main: 3, [other]: 1.5 });
  });

  it('computes studies of more bars than the service takes at once', async () => {
    const size = 2 * EVALUATED_MAX + 5;
    const client = market(size, size);
    const limits: number[] = [];
    client.evaluateStudies = ({ to, limit = 0 }) => {
      limits.push(limit);
      const end = (to as number | undefined) ?? size;
      const time = Array.from({ length: limit }, (_, i) => end - limit + i);
      return Promise.resolve({
        time,
        results: [{ plots: { x: time } }]
      } as unknown as StudyEvaluation);
    };
    const model = new ChartModel(client, readState({}));
    await model.load();
    await model.addStudy('ta.x');
    expect(limits).toEqual([EVALUATED_MAX, EVALUATED_MAX, 5]);
    const values = valuesOf(model) as number[];
    expect(values).toHaveLength(size);
    expect([values[0], values[size - 1]]).toEqual([0, size - 1]);
  });

  it('loads back to a time, in as few pages as it takes', async () => {
    const client = market(20, 4);
    const model = new ChartModel(client, readState({}));
    await model.load();
    await Promise.all([model.loadOlder(), model.loadSince(6)]);
    expect(model.bars.time[0]).toBeLessThanOrEqual(6);
    expect(model.bars.time[0]).toBeGreaterThan(0);
    await model.loadSince(null);
    expect(model.bars.time).toHaveLength(20);
    client.asked.length = 0;
    await model.loadSince(null);
    expect(client.asked).toEqual([]);
  });

  it('knows the timeframes of an instrument that has none of the one asked for', async () => {
    const model = new ChartModel(market(10, 4), readState({ symbol: 'BAD' }));
    await model.load();
    expect(model.status).toBe('error');
    expect(model.instrument?.timeframes).toEqual(['1D']);
  });

  it('says why a symbol does not show, and shows the next one', async () => {
    const model = new ChartModel(market(10, 4), readState({ symbol: 'BAD' }));
    await model.load();
    expect(model.status).toBe('error');
    expect(model.bars.time).toEqual([]);
    await model.set({ symbol: 'GOOD' });
    expect(model.status).toBe('ready');
  });

  it('shows the last symbol asked for, whichever answer comes first', async () => {
    const client = market(10, 4);
    const model = new ChartModel(client, readState({}));
    await Promise.all([model.set({ symbol: 'A' }), model.set({ symbol: 'B' })]);
    expect(client.asked).toEqual(['bars A newest', 'bars B newest']);
    expect(model.state.symbol).toBe('B');
    expect(model.status).toBe('ready');
  });

  it('leaves the other studies when one cannot be computed', async () => {
    const client = market(10, 4);
    const good = client.evaluateStudies;
    client.evaluateStudies = (body, signal) =>
      body.studies[0].study === 'ta.bad'
        ? Promise.reject(
            new ApiError(422, {
              code: 'invalid',
              message: 'no',
              request_id: 'r'
            })
          )
        : good(body, signal);
    const model = new ChartModel(client, readState({}));
    await model.load();
    await model.addStudy('ta.bad');
    await model.addStudy('ta.x');
    const [bad, fine] = model.state.studies;
    expect(model.problemOf(bad)).not.toBeNull();
    expect(model.valuesOf(fine)?.x).toEqual(model.bars.time);
  });
});

describe('readState', () => {
  it('takes the default for what makes no sense', () => {
    const state = readState({
      symbol: ' ',
      timeframe: '7x',
      style: 3,
      studies: [{ study: 'ta.rsi', inputs: { length: 9, bad: 'x' } }, 1, null]
    });
    expect(state.symbol).toBe('SAMPLE:AAPL');
    expect(state.timeframe).toBe('1D');
    expect(state.style).toBe('candles');
    expect(state.studies).toHaveLength(1);
    expect(state.studies[0].inputs).toEqual({ length: 9 });
  });
});
