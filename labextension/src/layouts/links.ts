/**
 * Charts that follow each other: symbol and interval whoever changes them, crosshair and range after the chart that the
 * person is at.
 */
import type { MouseEventParams } from 'lightweight-charts';

import type { LayoutDocument } from '../api/models';
import { indexAt } from '../charts/bars';
import { seconds } from '../charts/points';
import type { ChartSurface } from '../charts/surface';
import type { ChartWidget } from '../charts/widget';
import { linkedWith } from './document';
import type { Link } from './ids';

/** Keeps the charts of one layout together. */
export class Links {
  constructor(
    private readonly _charts: ReadonlyMap<string, ChartWidget>,
    private readonly _document: () => LayoutDocument
  ) {}

  /** The chart that the person is at: only its crosshair and range are followed, so that charts never push each other. */
  lead: string | null = null;

  /** Change charts without the others following. */
  hold(act: () => void): void {
    this._isHeld = true;
    try {
      act();
    } finally {
      this._isHeld = false;
    }
  }

  /** Watch a chart that is on the page. It ends with the chart. */
  add(id: string, chart: ChartWidget): void {
    const { model, surface } = chart;
    let { symbol, timeframe } = model.state;
    model.changed.connect((_, what) => {
      const now = model.state;
      const isOtherSymbol = now.symbol !== symbol;
      const isOtherInterval = now.timeframe !== timeframe;
      ({ symbol, timeframe } = now);
      if (isOtherSymbol) {
        this._share(id, 'symbol', { symbol });
      }
      if (isOtherInterval) {
        this._share(id, 'interval', { timeframe });
      }
      if ((what === 'bars' || what === 'older') && this.lead !== null) {
        this._followRange(this.lead);
      }
    });
    surface?.chart.subscribeCrosshairMove(event => {
      if (this.lead === id) {
        this._followCrosshair(id, event);
      }
    });
    surface?.chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
      if (this.lead === id) {
        this._followRange(id);
      }
    });
  }

  /** Bring the others to where a chart is, as when something begins to be shared. */
  align(id: string, link: Link): void {
    const chart = this._charts.get(id);
    if (chart && link === 'symbol') {
      this._share(id, link, { symbol: chart.model.state.symbol });
    } else if (chart && link === 'interval') {
      this._share(id, link, { timeframe: chart.model.state.timeframe });
    } else if (link === 'range') {
      this._followRange(id);
    }
  }

  private _share(
    id: string,
    link: Link,
    change: Parameters<ChartWidget['model']['set']>[0]
  ): void {
    if (this._isHeld) {
      return;
    }
    for (const other of this._others(id, link)) {
      const { model } = other;
      if (
        (change.symbol ?? model.state.symbol) !== model.state.symbol ||
        (change.timeframe ?? model.state.timeframe) !== model.state.timeframe
      ) {
        void model.set(change);
      }
    }
  }

  private _followCrosshair(id: string, event: MouseEventParams): void {
    for (const { surface, model } of this._others(id, 'crosshair')) {
      const { time, close } = model.bars;
      const at = event.time === undefined ? -1 : Number(event.time) * 1000;
      // The bar that holds this moment: charts may differ in their intervals.
      const next = indexAt(model.bars, at);
      const index = time[next] === at ? next : next - 1;
      const series = surface?.chart.panes()[0].getSeries()[0];
      if (event.time === undefined || index < 0 || !series) {
        surface?.chart.clearCrosshairPosition();
      } else {
        surface?.chart.setCrosshairPosition(
          close[index],
          seconds(time[index]),
          series
        );
      }
    }
  }

  private _followRange(id: string): void {
    const source = this._charts.get(id);
    const visible = source?.surface?.visible;
    const range = source?.surface?.chart.timeScale().getVisibleLogicalRange();
    if (!source || !visible || !range) {
      return;
    }
    // Empty room after the newest bar.
    const room = Math.max(0, range.to - (source.model.bars.time.length - 1));
    for (const other of this._others(id, 'range')) {
      const { bars } = other.model;
      if (other.surface && bars.time.length > 0) {
        show(
          other.surface,
          indexAt(bars, visible[0]),
          Math.min(indexAt(bars, visible[1]), bars.time.length - 1) + room
        );
      }
    }
  }

  private _others(id: string, link: Link): ChartWidget[] {
    return linkedWith(this._document(), id, link).flatMap(other => {
      const chart = this._charts.get(other);
      return chart && !chart.isDisposed ? [chart] : [];
    });
  }

  private _isHeld = false;
}

function show(surface: ChartSurface, from: number, to: number): void {
  if (to > from) {
    surface.chart.timeScale().setVisibleLogicalRange({ from, to });
  }
}
