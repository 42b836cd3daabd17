/**
 * The series of a chart's prices, in each style.
 */
import type {
  IChartApi,
  ISeriesApi,
  SeriesOptionsCommon,
  SeriesType
} from 'lightweight-charts';
import {
  AreaSeries,
  BarSeries,
  CandlestickSeries,
  LineSeries
} from 'lightweight-charts';

import type { ChartStyle } from './ids';
import type { IChartColours } from './theme';
import { faded } from './theme';

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
        upColor: 'rgba(0, 0, 0, 0)',
        downColor: down,
        borderUpColor: up,
        borderDownColor: down,
        wickUpColor: up,
        wickDownColor: down,
        ...format
      });
  }
}
