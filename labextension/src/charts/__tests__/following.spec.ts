import { DisposableDelegate } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import { describe, expect, it, vi } from 'vitest';

import type { Bars, Instrument, StudyEvaluation } from '../../api/models';
import type {
  IQuantLabStream,
  StreamListener,
  StreamState
} from '../../tokens';
import type { IBarColumns } from '../bars';
import { indexAt, NO_BARS, putBar } from '../bars';
import type { IBar } from '../fold';
import { Following } from '../following';
import type { IMarketClient } from '../model';
import { ChartModel } from '../model';
import { readState } from '../state';

const DAY = 86_400_000;
const bar = (day: number, close = day): IBar => ({
  time: day * DAY,
  open: close,
  high: close,
  low: close,
  close,
  volume: 1
});
const history = (...days: number[]): IBarColumns =>
  days.reduce<IBarColumns>((bars, day) => putBar(bars, bar(day))[0], NO_BARS);
const daysOf = (model: ChartModel): number[] =>
  model.bars.time.map(time => time / DAY);

/** A service whose history the test moves on, and a stream that says what the test says. */
class Market implements IMarketClient, IQuantLabStream {
  constructor(public history: IBarColumns) {}

  state: StreamState = 'connected';
  readonly stateChanged = new Signal<this, StreamState>(this);
  readonly evaluated: number[] = [];
  readonly listeners = new Set<StreamListener>();
  /** While it is set, bars are answered once it resolves. */
  held: Promise<void> | null = null;

  listen(_topic: string, listener: StreamListener): DisposableDelegate {
    this.listeners.add(listener);
    return new DisposableDelegate(() => this.listeners.delete(listener));
  }

  say(...bars: IBar[]): void {
    this.tell({
      type: 'quotes',
      note: 'REPLAY of 1970-01-01',
      timeframe: '1D',
      bars
    });
  }

  tell(message: Parameters<StreamListener>[0]): void {
    [...this.listeners].forEach(listener => listener(message));
  }

  instrument(): Promise<Instrument> {
    return Promise.resolve({
      symbol: 'REPLAY:X',
      source: 'REPLAY',
      timezone: 'UTC',
      live: true
    } as Instrument);
  }

  async bars({ from = 0 }: { from?: number }): Promise<Bars> {
    await this.held;
    const first = indexAt(this.history, from);
    const columns = Object.fromEntries(
      Object.entries(this.history).map(([name, all]) => [
        name,
        (all as unknown[]).slice(first)
      ])
    );
    return { columns, next_before: null, timeframe: '1D' } as unknown as Bars;
  }

  studies(): Promise<never[]> {
    return Promise.resolve([]);
  }

  evaluateStudies({ from }: { from?: unknown }): Promise<StudyEvaluation> {
    const { time } = this.history;
    const first = indexAt(this.history, Number(from ?? 0));
    this.evaluated.push(time.length - first);
    const x = time.slice(first);
    return Promise.resolve({
      time: x,
      results: [{ plots: { x } }]
    } as unknown as StudyEvaluation);
  }
}

async function opened(
  market: Market
): Promise<{ model: ChartModel; following: Following }> {
  const model = new ChartModel(market, readState({ symbol: 'REPLAY:X' }));
  const following = new Following(model, market, market);
  await model.load();
  return { model, following };
}

describe('Following', () => {
  it('puts live bars after the history, with what came before it listened', async () => {
    const market = new Market(history(1, 2));
    const { model, following } = await opened(market);
    expect(market.listeners.size).toBe(1);
    // Two days went by between the first look and the first price.
    market.history = history(1, 2, 3, 4);
    market.say(bar(5, 50));
    market.say(bar(5, 51));
    await vi.waitFor(() => expect(daysOf(model)).toEqual([1, 2, 3, 4, 5]));
    expect(model.bars.close).toEqual([1, 2, 3, 4, 51]);
    market.say(bar(5, 52), bar(6, 60));
    market.say(bar(4, 99));
    expect(model.bars.close).toEqual([1, 2, 3, 4, 52, 60]);
    expect(following.note).toBe('REPLAY of 1970-01-01');
    following.dispose();
    expect(market.listeners.size).toBe(0);
  });

  it('reads what it missed while there was no connection', async () => {
    const market = new Market(history(1, 2));
    const { model } = await opened(market);
    market.say(bar(3));
    await vi.waitFor(() => expect(daysOf(model)).toEqual([1, 2, 3]));
    market.tell({ type: 'missed' });
    market.history = history(1, 2, 3, 4, 5);
    let answer = (): void => undefined;
    market.held = new Promise(resolve => {
      answer = resolve;
    });
    market.say(bar(6));
    // A bar that comes while others are read waits for them.
    market.say(bar(6, 61), bar(7));
    answer();
    await vi.waitFor(() =>
      expect(daysOf(model)).toEqual([1, 2, 3, 4, 5, 6, 7])
    );
    expect(model.bars.close).toEqual([1, 2, 3, 4, 5, 61, 7]);
  });

  it('loads everything again when the history is another one', async () => {
    const market = new Market(history(1, 2, 3, 4, 5, 6));
    const { model } = await opened(market);
    // The replay has begun again.
    market.history = history(1, 2, 3);
    market.say(bar(4, 40));
    await vi.waitFor(() => expect(daysOf(model)).toEqual([1, 2, 3]));
    market.say(bar(4, 41));
    await vi.waitFor(() => expect(daysOf(model)).toEqual([1, 2, 3, 4]));
  });

  it('asks for studies when a bar is over, not with each price', async () => {
    const market = new Market(history(1, 2));
    const { model } = await opened(market);
    await model.addStudy('ta.x');
    market.say(bar(3));
    await vi.waitFor(() => expect(daysOf(model)).toEqual([1, 2, 3]));
    const [study] = model.state.studies;
    await vi.waitFor(() =>
      expect(model.valuesOf(study)?.x).toEqual([DAY, 2 * DAY])
    );
    const asked = market.evaluated.length;
    market.say(bar(3, 31));
    market.say(bar(3, 32));
    expect(market.evaluated).toHaveLength(asked);
    market.history = history(1, 2, 3);
    market.say(bar(3, 33), bar(4));
    await vi.waitFor(() =>
      expect(model.valuesOf(study)?.x).toEqual([DAY, 2 * DAY, 3 * DAY])
    );
    // Only what is new, and the last figure again.
    expect(market.evaluated.slice(asked)).toEqual([2]);
  });

  it('says when the connection is lost, and when it is back', async () => {
    const market = new Market(history(1));
    const { following } = await opened(market);
    const said: boolean[] = [];
    following.changed.connect(() => said.push(following.isCutOff));
    for (const state of ['reconnecting', 'connected', 'refused'] as const) {
      market.state = state;
      market.stateChanged.emit(state);
    }
    expect(said).toEqual([true, false, true]);
  });

  it('says when the source has stopped answering', async () => {
    const market = new Market(history(1));
    const { following } = await opened(market);
    market.tell({ type: 'error', error: { message: 'It failed.' } });
    expect(following.problem).toBe('It failed.');
    market.say(bar(1));
    expect(following.problem).toBe('');
  });
});
