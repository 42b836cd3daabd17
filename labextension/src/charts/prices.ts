/**
 * The series of a chart: its prices in each style, and plots of studies.
 */
import type {
  ChartOptions,
  DeepPartial,
  IChartApi,
  ISeriesApi,
  SeriesOptionsCommon,
  SeriesType,
  Time
} from 'lightweight-charts';
import {
  AreaSeries,
  BarSeries,
  CandlestickSeries,
  HistogramSeries,
  LineSeries,
  PriceScaleMode
} from 'lightweight-charts';

import type { Study } from '../api/models';
import type { ChartScale, ChartStyle, Timeframe } from './ids';
import type { IChartColours } from './theme';
import { faded } from './theme';
import { axisTime, fullTime } from './times';

/** How the scale of prices counts, as the library calls it. */
export const MODES: Record<ChartScale, PriceScaleMode> = {
  linear: PriceScaleMode.Normal,
  log: PriceScaleMode.Logarithmic,
  percent: PriceScaleMode.Percentage,
  indexed: PriceScaleMode.IndexedTo100
};

/** Where the part of the first pane that volume takes begins. */
const VOLUME_TOP = 0.8;

/** Add the series that draws prices in a style to the first pane. */
export function addPrices(
  chart: IChartApi,
  style: ChartStyle,
  { up, down, line }: IChartColours,
  format: Pick<SeriesOptionsCommon, 'priceFormat'>
): ISeriesApi<SeriesType> {
  switch (style) {
    case 'line':
      return chart.addSeries(LineSeries, {
        color: line,
        lineWidth: 2,
        ...format
      });
    case 'area':
      return chart.addSeries(AreaSeries, {
        lineColor: line,
        topColor: faded(line, 0.4),
        bottomColor: faded(line, 0),
        ...format
      });
    case 'bars':
      return chart.addSeries(BarSeries, {
        upColor: up,
        downColor: down,
        ...format
      });
    default:
      return chart.addSeries(CandlestickSeries, {
        // Hollow, but not quite: the library takes the colour of the last price's label and line from it.
        upColor: faded(up, 0.2),
        downColor: down,
        borderUpColor: up,
        borderDownColor: down,
        wickUpColor: up,
        wickDownColor: down,
        ...format
      });
  }
}

/** Add the series of a study's plot; the newest figure stands at the scale where the pane is the study's own. */
export function addPlot(
  chart: IChartApi,
  kind: 'line' | 'histogram',
  pane: number,
  options: { color: string; visible: boolean; priceScaleId?: string }
): ISeriesApi<SeriesType> {
  const all = {
    lastValueVisible: pane > 0,
    priceLineVisible: false,
    ...options
  };
  return kind === 'histogram'
    ? chart.addSeries(HistogramSeries, all, pane)
    : chart.addSeries(LineSeries, { lineWidth: 1, ...all }, pane);
}

/** Over the prices a study counts by them where it belongs there; others have a scale that nobody sees. */
export function overlay(
  { id, pane }: Pick<Study, 'id' | 'pane'>,
  at: number
): { priceScaleId?: string } {
  return at > 0 || pane === 'price'
    ? {}
    : { priceScaleId: pane === 'volume' ? 'volume' : id };
}

/** Add the series of volumes, at the foot of the first pane. */
export function addVolume(chart: IChartApi): ISeriesApi<SeriesType> {
  const series = chart.addSeries(HistogramSeries, {
    priceScaleId: 'volume',
    priceFormat: { type: 'volume' },
    lastValueVisible: false,
    priceLineVisible: false
  });
  series
    .priceScale()
    .applyOptions({ scaleMargins: { top: VOLUME_TOP, bottom: 0 } });
  return series;
}

/** Add the line of another symbol. */
export function addComparison(
  chart: IChartApi,
  symbol: string,
  color: string
): ISeriesApi<SeriesType> {
  return chart.addSeries(LineSeries, {
    color,
    lineWidth: 2,
    title: symbol.replace(/^[^:]*:/, ''),
    priceLineVisible: false
  });
}

/** How the time axis and the crosshair say times, by the clock of a zone. */
export function timeOptions(
  timeframe: Timeframe,
  zone: string,
  locale: string
): DeepPartial<ChartOptions> {
  return {
    localization: {
      locale,
      timeFormatter: (time: Time) =>
        fullTime(Number(time) * 1000, timeframe, zone, locale)
    },
    timeScale: {
      timeVisible: !/[DWM]$/.test(timeframe),
      tickMarkFormatter: (time: Time, kind: number) =>
        axisTime(Number(time) * 1000, kind, zone, locale)
    }
  };
}
