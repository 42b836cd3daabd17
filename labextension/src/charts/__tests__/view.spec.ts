import { describe, expect, it } from 'vitest';

import type { Bars, Instrument } from '../../api/models';
import type { IMarketClient } from '../model';
import { ChartModel } from '../model';
import { readState } from '../state';
import type { ChartSurface } from '../surface';
import { ChartView } from '../view';
import { columnsAt } from './columns';

const DAY = 86_400_000;
const SIZE = 4000;

/** Days before 1980; each answer comes when the test lets it. */
class Market implements IMarketClient {
  readonly waiting: (() => void)[] = [];
  isHeld = false;

  instrument(): Promise<Instrument> {
    return Promise.resolve({ timeframes: ['1D', '1W'] } as Instrument);
  }

  async bars({
    to = SIZE * DAY,
    limit
  }: {
    to?: number;
    limit: number;
  }): Promise<Bars> {
    if (this.isHeld) {
      await new Promise<void>(resolve => this.waiting.push(resolve));
    }
    const first = Math.max(0, to / DAY - limit);
    const time = Array.from(
      { length: to / DAY - first },
      (_, i) => (first + i) * DAY
    );
    return {
      columns: columnsAt(time),
      next_before: first > 0 ? time[0] : null
    } as Bars;
  }

  studies(): Promise<never[]> {
    return Promise.resolve([]);
  }

  evaluateStudies(): Promise<never> {
    return Promise.reject(new Error('not asked for'));
  }
}

/** A view, and what it was last told to show: the first day in sight. */
async function opened(): Promise<{
  market: Market;
  model: ChartModel;
  view: ChartView;
  shown: () => number | null;
}> {
  const market = new Market();
  const model = new ChartModel(market, readState({}));
  let shown: number | null = null;
  // The picture is the library's affair; what it is told is ours.
  const surface = {
    chart: {
      timeScale: () => ({
        subscribeVisibleLogicalRangeChange: () => undefined
      })
    },
    visible: [0, 1],
    showSince: (time: number) => {
      shown = time / DAY;
    },
    showLast: (count: number) => {
      shown = SIZE - count;
    }
  } as unknown as ChartSurface;
  const view = new ChartView(model, surface);
  await model.load();
  return { market, model, view, shown: () => shown };
}

const settled = (): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, 0));

describe('ChartView', () => {
  it('shows the range asked for last, although an earlier one takes longer', async () => {
    const { market, view, shown } = await opened();
    market.isHeld = true;
    const all = view.showMonths(null);
    await view.showMonths(1);
    const month = shown();
    expect(month).toBeGreaterThan(SIZE - 40);
    // What is asked for is not there yet: nobody keeps what is in sight meanwhile.
    expect(view.range).toBeNull();
    market.isHeld = false;
    market.waiting.forEach(answer => answer());
    await all;
    expect(shown()).toBe(month);
    expect(view.range).not.toBeNull();
  });

  it('leaves the view alone when the chart comes to show another timeframe meanwhile', async () => {
    const { market, model, view, shown } = await opened();
    market.isHeld = true;
    const all = view.showMonths(null);
    market.isHeld = false;
    const other = model.set({ timeframe: '1W' });
    market.waiting.forEach(answer => answer());
    await Promise.all([all, other]);
    expect(shown()).toBeNull();
  });

  it('waits for bars that are being loaded', async () => {
    const { market, model, view, shown } = await opened();
    market.isHeld = true;
    const other = model.set({ symbol: 'X:B' });
    await view.showMonths(1);
    expect(shown()).toBeNull();
    market.isHeld = false;
    market.waiting.forEach(answer => answer());
    await other;
    await settled();
    expect(shown()).toBeGreaterThan(SIZE - 40);
  });
});
