/**
 * What a chart shows, in words and figures.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Instrument, Study } from '../api/models';
import type { IBarColumns } from './bars';
import { asChange, compact, withDecimals } from './formats';
import type { ChartModel } from './model';
import { fullTime } from './times';

/** Decimals of an instrument's prices: those of its smallest step, two where that is not known. */
export function decimals(instrument: Instrument | null): number {
  const step = instrument?.tick_size;
  if (!step || !Number.isFinite(step)) {
    return 2;
  }
  const [, fraction = '', exponent = '0'] =
    /^\d+(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(String(step)) ?? [];
  return Math.min(12, Math.max(0, fraction.length - Number(exponent)));
}

/** A price with the instrument's decimals. */
export function price(
  value: number | null | undefined,
  instrument: Instrument | null,
  locale: string
): string {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return '–';
  }
  return withDecimals(locale, decimals(instrument)).format(value);
}

/** Decimals of a study's figures: two at least, for they can lie between the steps of a price. */
export function figureDecimals(instrument: Instrument | null): number {
  return Math.max(2, decimals(instrument));
}

/** A figure of a study; one of volumes in a few characters. */
export function studyFigure(
  value: number | null | undefined,
  study: Pick<Study, 'pane'>,
  instrument: Instrument | null,
  locale: string
): string {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return '–';
  }
  const format =
    study.pane === 'volume'
      ? compact(locale)
      : withDecimals(locale, figureDecimals(instrument));
  return format.format(value);
}

/** Change against the bar before, in percent with its sign; empty for the first bar. */
export function change(
  bars: IBarColumns,
  index: number,
  locale: string
): string {
  const before = bars.close[index - 1];
  if (!before) {
    return '';
  }
  // Prices can be below zero: what rises from there rises.
  return asChange(locale).format(
    (bars.close[index] - before) / Math.abs(before)
  );
}

/** One sentence on the range in sight, for those who do not see the picture. */
export function inWords(
  model: Pick<ChartModel, 'bars' | 'instrument' | 'state' | 'zone'>,
  visible: [number, number] | null,
  locale: string,
  trans: Pick<TranslationBundle, '__'>
): string {
  const { bars, instrument, state } = model;
  if (!visible || bars.time.length === 0) {
    return '';
  }
  const from = bars.time.indexOf(visible[0]);
  const to = bars.time.indexOf(visible[1]);
  const when = (index: number): string =>
    fullTime(bars.time[index], state.timeframe, model.zone, locale);
  const figure = (value: number): string => price(value, instrument, locale);
  return trans.__(
    '%1, %2 bars from %3 to %4: from %5 to %6, lowest %7, highest %8.',
    instrument?.symbol ?? state.symbol,
    to - from + 1,
    when(from),
    when(to),
    figure(bars.close[from]),
    figure(bars.close[to]),
    figure(least(bars.low, from, to)),
    figure(greatest(bars.high, from, to))
  );
}

function least(values: number[], from: number, to: number): number {
  return values.slice(from, to + 1).reduce((a, b) => Math.min(a, b), Infinity);
}

function greatest(values: number[], from: number, to: number): number {
  return values.slice(from, to + 1).reduce((a, b) => Math.max(a, b), -Infinity);
}
