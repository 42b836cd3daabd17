/**
 * Draws a chart model with lightweight-charts: prices and volume in the first pane, each study where it belongs.
 */
import type {
  IChartApi,
  IRange,
  ISeriesApi,
  LogicalRange,
  MouseEventParams,
  SeriesType
} from 'lightweight-charts';
import { createChart, CrosshairMode } from 'lightweight-charts';

import type { Study } from '../api/models';
import type { IBarColumns } from './bars';
import { heikinAshi, indexAt, NO_BARS } from './bars';
import { FIRST_VIEW, MAIN_PANE, NEAR_START } from './ids';
import type { ChartModel } from './model';
import { addStudyPlot, priceFormat } from './plots';
import { candles, closes, points, volumes } from './points';
import { addComparison, addPrices, addVolume, timeOptions } from './prices';
import { applyScale, leastOf, leastValue, panesOf, PLAIN } from './scales';
import type { IStudyState } from './state';
import { decimals, figureDecimals } from './summary';
import type { IChartColours } from './theme';
import { faded, readColours, themed } from './theme';

/** Bars of empty room after the newest one. */
const ROOM = 4;

/** As many changed bars are given to the library one by one. */
const FEW = 20;

/** What a surface needs of a chart's model; charts in cells have another one. */
export type IDrawn = Pick<
  ChartModel,
  | 'state'
  | 'instrument'
  | 'bars'
  | 'zone'
  | 'catalogue'
  | 'valuesOf'
  | 'loadOlder'
> & { comparisons: Pick<ChartModel['comparisons'], 'valuesOf'> };

/** A chart on the page. */
export class ChartSurface {
  constructor(
    private readonly _node: HTMLElement,
    private readonly _model: IDrawn,
    private readonly _locale: string
  ) {
    this._colours = readColours(_node);
    this._frame.style.height = '100%';
    // The library measures its canvases between changes of their sizes: without this each time the whole page is laid out.
    this._frame.style.contain = 'strict';
    this._chart = createChart(this._frame, {
      ...themed(this._colours),
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { borderVisible: false },
      timeScale: { borderVisible: false, rightOffset: ROOM, minBarSpacing: 0.2 }
    });
    this._chart.timeScale().subscribeVisibleLogicalRangeChange(this._onRange);
    this._chart.timeScale().subscribeSizeChange(this._onSize);
    this._chart.subscribeCrosshairMove(this._onCrosshair);
  }

  /** Called with the index of the bar under the crosshair, or null. */
  onPoint: (index: number | null) => void = () => undefined;

  /** Called when series were made anew: what hung on them is gone. */
  onDraw: () => void = () => undefined;

  /** The series of prices; null: nothing is drawn yet. */
  get prices(): ISeriesApi<SeriesType> | null {
    return this._series[0]?.api ?? null;
  }

  /** Panes with a series of each, from top to bottom; those of studies by the id that the study has on the chart. */
  get paneSeries(): ReadonlyMap<string, ISeriesApi<SeriesType>> {
    return this._panes;
  }

  /** The colour of a comparison: its own, else one of the theme, other ones than studies take first. */
  comparisonColour(symbol: string): string {
    const { compare } = this._model.state;
    const { series } = this._colours;
    const at = compare.findIndex(one => one.symbol === symbol);
    const last = series.length - 1;
    return compare[at]?.colour ?? series[last - (at % series.length)];
  }

  /** The colour of a study's plot, as it was drawn. */
  plotColour(study: string, plot: string): string {
    return this._plotColours.get(`${study} ${plot}`) ?? '';
  }

  /** Heights of the panes as shares, by what the state calls them. */
  get heights(): Record<string, number> {
    return Object.fromEntries(
      [...this._panes].map(([id, series]) => [
        id,
        Math.round(series.getPane().getStretchFactor() * 1000) / 1000
      ])
    );
  }

  /** Colours of the theme, as the chart was drawn with them. */
  get colours(): IChartColours {
    return this._colours;
  }

  /** The library's chart, for what only it can say. */
  get chart(): IChartApi {
    return this._chart;
  }

  /** Times in sight, oldest and newest; null while there is nothing. Milliseconds. */
  get visible(): [number, number] | null {
    const range = this._chart.timeScale().getVisibleLogicalRange();
    const { time } = this._model.bars;
    if (!range || time.length === 0) {
      return null;
    }
    const clamp = (index: number): number =>
      Math.min(time.length - 1, Math.max(0, Math.round(index)));
    return [time[clamp(range.from)], time[clamp(range.to)]];
  }

  /** Draw everything anew; the view goes to the newest bars. */
  draw(): void {
    if (!this._frame.isConnected) {
      this._attach();
    }
    this._clear();
    this._drawPrices();
    this._drawStudies();
    this.onDraw();
    this.showLast(FIRST_VIEW);
  }

  /** Bars were put before the others: what is in sight stays where it is. */
  drawOlder(added: number): void {
    const range = this._chart.timeScale().getVisibleLogicalRange();
    this._fill();
    if (added > 0) {
      this._shift(range, added);
    }
  }

  /** Bars from the place `from` on are new or have changed. The view moves on with them if it is at the newest one. */
  drawNewer(from: number): void {
    const drawn = this._drawn;
    const { bars } = this._model;
    if (from < drawn - FEW) {
      const range = this._chart.timeScale().getVisibleLogicalRange();
      this._fill(from);
      const added = range && range.to >= drawn - 1 ? this._drawn - drawn : 0;
      this._shift(range, added);
      return;
    }
    this._changedFrom = from;
    this._drawn = bars.time.length;
    for (const { api, make } of this._series) {
      make(bars, from).forEach((point, i) =>
        api.update(
          point as Parameters<typeof api.update>[0],
          from + i < drawn - 1
        )
      );
    }
    this._changedFrom = bars.time.length;
    this._scale();
  }

  /** Style, scale, volume or studies changed; the view stays. */
  redraw(): void {
    const range = this._chart.timeScale().getVisibleLogicalRange();
    this._clear();
    this._drawPrices();
    this._drawStudies();
    this.onDraw();
    if (range && !this._wanted) {
      this._chart.timeScale().setVisibleLogicalRange(range);
    }
  }

  /** Bring the newest `count` bars into sight. */
  showLast(count: number): void {
    const all = this._model.bars.time.length;
    this._show({ from: Math.max(0, all - count) - 0.5, to: all + ROOM });
  }

  /** Bring the bars from one time to before another into sight; room after the newest one stays. Milliseconds. */
  showTimes(start: number, end: number): void {
    const { bars } = this._model;
    const from = indexAt(bars, start);
    const to = indexAt(bars, end) - 1;
    if (to > from) {
      const room = to === bars.time.length - 1 ? ROOM : 0;
      this._show({ from, to: to + room });
    }
  }

  /** Bring everything since `time` (milliseconds) into sight. */
  showSince(time: number): void {
    const { bars } = this._model;
    this.showLast(Math.max(2, bars.time.length - indexAt(bars, time)));
  }

  /** Move by bars, to the left with a negative number. */
  pan(count: number): void {
    const scale = this._chart.timeScale();
    scale.scrollToPosition(scale.scrollPosition() + count, false);
  }

  /** Zoom around the newest bar in sight; above 1 shows more. */
  zoom(factor: number): void {
    const scale = this._chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (range) {
      const from = range.to - (range.to - range.from) * factor;
      scale.setVisibleLogicalRange({ from, to: range.to });
    }
  }

  /** The theme changed. */
  refreshTheme(): void {
    this._colours = readColours(this._node);
    this._chart.applyOptions(themed(this._colours));
    this.redraw();
  }

  /** A picture of the chart. */
  picture(): HTMLCanvasElement {
    return this._chart.takeScreenshot(true);
  }

  dispose(): void {
    cancelAnimationFrame(this._look);
    this._chart.remove();
  }

  /** Until there is something to draw no frames are drawn: they would hold up the answer that is waited for. */
  private _attach(): void {
    (this._node.shadowRoot ?? this._node).append(this._frame);
    const { clientWidth, clientHeight } = this._frame;
    this._chart.resize(clientWidth, clientHeight);
    this._hasSize = clientWidth > 0 && clientHeight > 0;
    this._chart.applyOptions({ autoSize: true });
    // The library leaves its element as large as it was made first, and cuts off what grows.
    const { style } = this._chart.chartElement();
    [style.width, style.height] = ['100%', '100%'];
  }

  private _shift(range: LogicalRange | null, bars: number): void {
    if (range) {
      const [from, to] = [range.from + bars, range.to + bars];
      this._chart.timeScale().setVisibleLogicalRange({ from, to });
    }
  }

  /** Bring bars into sight, as soon as the chart has a width: in a tab behind others it has none. */
  private _show(range: LogicalRange | IRange<number>): void {
    const scale = this._chart.timeScale();
    this._wanted = range;
    if (scale.width() > 0 || this._hasSize) {
      this._wanted = null;
      scale.setVisibleLogicalRange(range);
    }
  }

  private readonly _onSize = (width: number): void => {
    // From now on the library knows.
    this._hasSize = false;
    if (width > 0 && this._wanted) {
      const range = this._wanted;
      // Once the price scale has taken its width.
      requestAnimationFrame(() => this._show(range));
    }
  };

  private _clear(): void {
    this._panes.clear();
    for (const series of this._series.splice(0)) {
      this._chart.removeSeries(series.api);
    }
    while (this._chart.panes().length > 1) {
      this._chart.removePane(this._chart.panes().length - 1);
    }
  }

  private _drawPrices(): void {
    const { state, instrument, zone } = this._model;
    const format = priceFormat(decimals(instrument));
    const { timeframe, style } = state;
    this._chart.applyOptions(timeOptions(timeframe, zone, this._locale));
    this._add(
      addPrices(this._chart, style, this._colours, format),
      style === 'line' || style === 'area'
        ? closes
        : style === 'heikin-ashi'
          ? (bars, from) => candles(this._smoothed(bars), from)
          : candles
    );
    this._chart.priceScale('right').applyOptions({
      scaleMargins: { top: 0.06, bottom: state.volume ? 0.24 : 0.06 }
    });
    if (state.volume) {
      this._drawVolume();
    }
    this._drawComparisons();
    this._panes.set(MAIN_PANE, this._series[0].api);
    this._scale();
  }

  private _scale(): void {
    const { state, bars } = this._model;
    const { scale: mode, inverted = false } = state;
    if (this.prices) {
      applyScale(this.prices, { mode, inverted }, leastOf(bars.low));
    }
  }

  private _drawVolume(): void {
    const { up, down } = this._colours;
    const series = addVolume(this._chart);
    const [rising, falling] = [faded(up, 0.45), faded(down, 0.45)];
    this._add(series, (bars, from) => volumes(bars, from, rising, falling));
  }

  private _drawComparisons(): void {
    const { comparisons, state } = this._model;
    for (const { symbol, visible } of state.compare) {
      if (visible) {
        const series = addComparison(
          this._chart,
          symbol,
          this.comparisonColour(symbol)
        );
        this._add(series, (bars, from) =>
          points(bars.time, comparisons.valuesOf(symbol) ?? [], from)
        );
      }
    }
  }

  private _drawStudies(): void {
    const { studies, heights = {}, scales = {} } = this._model.state;
    const panes = panesOf(studies, this._model.catalogue);
    let colour = 1;
    for (const study of studies) {
      const info = this._model.catalogue.find(one => one.id === study.study);
      if (!info) {
        continue;
      }
      const pane = panes.get(study.id) ?? 0;
      for (const plot of info.plots) {
        this._drawPlot(study, info, plot, pane, colour++);
      }
      if (pane > 0) {
        const { api } = this._series[this._series.length - 1];
        this._panes.set(study.id, api);
        const least = leastValue(this._model.valuesOf(study));
        applyScale(api, scales[study.id] ?? PLAIN, least);
      }
    }
    for (const [id, series] of this._panes) {
      const share = heights[id] ?? (id === MAIN_PANE ? 3 : 1);
      series.getPane().setStretchFactor(share);
    }
    this._fill();
  }

  private _drawPlot(
    study: IStudyState,
    info: Study,
    plot: Study['plots'][number],
    pane: number,
    colour: number
  ): void {
    const { series, border } = this._colours;
    const color = study.colours?.[plot.name] ?? series[colour % series.length];
    this._plotColours.set(`${study.id} ${plot.name}`, color);
    const api = addStudyPlot(this._chart, info, plot, pane, {
      color,
      visible: study.visible !== false,
      decimals: figureDecimals(this._model.instrument),
      levelColor: border
    });
    this._add(api, (bars, from) => {
      const values = this._model.valuesOf(study)?.[plot.name] ?? [];
      return points(bars.time, values, from);
    });
  }

  private _add(
    api: ISeriesApi<SeriesType>,
    make: (bars: IBarColumns, from: number) => object[]
  ): void {
    this._series.push({ api, make });
  }

  /** Give every series its points; bars before the place `from` are as they were. */
  private _fill(from = 0): void {
    const { bars } = this._model;
    this._changedFrom = from;
    for (const { api, make } of this._series) {
      api.setData(make(bars, 0) as Parameters<typeof api.setData>[0]);
    }
    this._changedFrom = bars.time.length;
    this._drawn = bars.time.length;
  }

  /** Each Heikin Ashi bar is made from the one before: those that are known need not be made again. */
  private _smoothed(bars: IBarColumns): IBarColumns {
    const from = Math.min(this._changedFrom, this._smooth.close.length);
    this._smooth = heikinAshi(bars, this._smooth, from);
    return this._smooth;
  }

  private readonly _onRange = (): void => {
    // While series are exchanged the range is meaningless for a moment: look at what the next frame shows.
    cancelAnimationFrame(this._look);
    this._look = requestAnimationFrame(() => {
      const range = this._chart.timeScale().getVisibleLogicalRange();
      if (range && range.from < NEAR_START) {
        void this._model.loadOlder();
      }
    });
  };

  private readonly _onCrosshair = (event: MouseEventParams): void => {
    const { time } = this._model.bars;
    const at = event.time === undefined ? null : Number(event.time) * 1000;
    const index = at === null ? -1 : indexAt(this._model.bars, at);
    this.onPoint(at !== null && time[index] === at ? index : null);
  };

  private readonly _frame = document.createElement('div');
  private readonly _chart: IChartApi;
  private readonly _series: {
    api: ISeriesApi<SeriesType>;
    make: (bars: IBarColumns, from: number) => object[];
  }[] = [];
  /** What comes into sight when the chart gets a width. */
  private _wanted: LogicalRange | IRange<number> | null = null;
  /** It has been given a size, with which its next frame is drawn. */
  private _hasSize = false;
  private readonly _plotColours = new Map<string, string>();
  /** Bars that the series have. */
  private _drawn = 0;
  /** Bars before it are as they were when they were drawn last. */
  private _changedFrom = 0;
  private _smooth: IBarColumns = heikinAshi(NO_BARS);
  /** Panes from top to bottom: `main`, then studies by id. */
  private readonly _panes = new Map<string, ISeriesApi<SeriesType>>();
  private _colours: IChartColours;
  private _look = 0;
}
