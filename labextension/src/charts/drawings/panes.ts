/**
 * Panes of a chart that drawings are in, and where points of time and price are there. Pixels count from a pane's own
 * corner.
 */
import type { IPaneApi, ISeriesApi, Logical, Time } from 'lightweight-charts';
import type { SeriesType } from 'lightweight-charts';

import { MAIN_PANE } from '../ids';
import type { ChartModel } from '../model';
import { withDecimals } from '../formats';
import { decimals } from '../summary';
import type { ChartSurface } from '../surface';
import { placeOf, timeAt } from './axis';
import type { IFrame, IPixel, ISize } from './geometry';
import type { Drawing, DrawingKind, IDrawingPoint } from './state';
import { pointAt, timeOf } from './state';

/** Where a pane's drawings belong to. */
export interface IPaneOwner {
  /** Where the chart is drawn. */
  canvas: HTMLElement;
  surface: ChartSurface;
  chart: ChartModel;
  locale: string;
}

export class DrawingPane {
  constructor(
    /** What documents call it: `main`, or the id that its study has on the chart. */
    readonly id: string,
    readonly series: ISeriesApi<SeriesType>,
    private readonly _owner: IPaneOwner
  ) {
    this._pane = series.getPane();
  }

  get size(): ISize {
    return {
      width: this._owner.surface.chart.timeScale().width(),
      height: this._pane.getHeight()
    };
  }

  /** Pixels from the top of the canvas to that of the pane. */
  get top(): number {
    const node = this._pane.getHTMLElement();
    return node
      ? node.getBoundingClientRect().top -
          this._owner.canvas.getBoundingClientRect().top
      : 0;
  }

  /** What shapes need to know; `measure` says how wide a text is. */
  frame(measure: IFrame['measure']): IFrame {
    const [origin, spacing] = this._bars();
    const { time } = this._owner.chart.bars;
    return {
      size: this.size,
      locate: point => {
        const y = this.series.priceToCoordinate(point.price);
        const at = timeOf(point);
        return y === null
          ? null
          : { x: at === null ? null : origin + placeOf(time, at) * spacing, y };
      },
      measure,
      price: value => this.price(value)
    };
  }

  /** The point at a pixel: on the nearest bar, at the price there; null while there are no bars or no prices. */
  pointAt(kind: DrawingKind, at: IPixel): IDrawingPoint | null {
    const [origin, spacing] = this._bars();
    const { time } = this._owner.chart.bars;
    const price = this.series.coordinateToPrice(at.y);
    if (time.length === 0 || price === null || !Number.isFinite(price)) {
      return null;
    }
    const place = Math.round((at.x - origin) / spacing);
    return pointAt(kind, timeAt(time, place), price);
  }

  /** Bars that so many pixels to the right are. */
  barsOf(pixels: number): number {
    return Math.round(pixels / this._bars()[1]);
  }

  /** A drawing moved by bars and by pixels downwards. */
  moved(drawing: Drawing, bars: number, down: number): Drawing {
    const { time } = this._owner.chart.bars;
    const points = drawing.points.map(point => {
      const at = timeOf(point) ?? 0;
      const y = this.series.priceToCoordinate(point.price);
      const price = y === null ? null : this.series.coordinateToPrice(y + down);
      const there = pointAt(
        drawing.kind,
        timeAt(time, placeOf(time, at) + bars),
        price ?? point.price
      );
      // What does not move keeps its very value.
      return {
        time: bars === 0 ? point.time : there.time,
        price: down === 0 ? point.price : there.price
      };
    });
    return { ...drawing, points };
  }

  /** A price as the scale of the pane says it. */
  price(value: number): string {
    if (this.id !== MAIN_PANE) {
      return this.series.priceFormatter().format(value);
    }
    const digits = decimals(this._owner.chart.instrument);
    return withDecimals(this._owner.locale, digits).format(value);
  }

  /** Where the first bar is, and pixels from one to the next. The library itself knows whole bars only. */
  private _bars(): [number, number] {
    const scale = this._owner.surface.chart.timeScale();
    const first = scale.logicalToCoordinate(0 as Logical) ?? 0;
    const second = scale.logicalToCoordinate(1 as Logical) ?? first + 1;
    return [first, second - first];
  }

  private readonly _pane: IPaneApi<Time>;
}
