/**
 * Plots of studies: in which pane, in which scale and with how many decimals they are drawn.
 */
import type {
  IChartApi,
  ISeriesApi,
  SeriesOptionsCommon,
  SeriesType
} from 'lightweight-charts';
import { LineStyle } from 'lightweight-charts';

import type { Study } from '../api/models';
import { addPlot, MODES, overlay } from './prices';

/** Room above and below the figures of a pane, as shares of its height. */
const MARGINS = { top: 0.12, bottom: 0.08 };

export interface IPlotLook {
  color: string;
  visible: boolean;
  /** Of the study's figures. */
  decimals: number;
  /** Of lines at the study's levels. */
  levelColor: string;
}

/** Figures with so many decimals, at the scale and under the crosshair. */
export function priceFormat(
  precision: number
): Pick<SeriesOptionsCommon, 'priceFormat'> {
  return {
    priceFormat: { type: 'price', precision, minMove: 10 ** -precision }
  };
}

/** Add the series of a study's plot; `pane` counts from the top, 0 has the prices. */
export function addStudyPlot(
  chart: IChartApi,
  study: Study,
  { kind = 'line' }: Study['plots'][number],
  pane: number,
  { color, visible, decimals, levelColor }: IPlotLook
): ISeriesApi<SeriesType> {
  const { pane: place, levels = [] } = study;
  const api = addPlot(chart, kind, pane, {
    color,
    visible,
    ...overlay(study, pane)
  });
  if (place !== 'volume') {
    api.applyOptions(priceFormat(decimals));
  }
  if (pane > 0) {
    // The library makes new panes with the scale of the prices, which may count in percent and leave room for volume.
    api
      .priceScale()
      .applyOptions({ mode: MODES.linear, scaleMargins: MARGINS });
    const known = api.getPane().getSeries().length > 1;
    for (const price of known ? [] : levels) {
      api.createPriceLine({
        price,
        color: levelColor,
        lineWidth: 1,
        lineStyle: LineStyle.Dashed,
        axisLabelVisible: false
      });
    }
  }
  return api;
}
