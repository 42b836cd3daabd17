/**
 * How the scales of a chart's panes count, and what they can count.
 */
import type { ISeriesApi, SeriesType } from 'lightweight-charts';

import type { Study } from '../api/models';
import type { StudyValues } from './figures';
import type { ChartScale } from './ids';
import { MAIN_PANE } from './ids';
import { MODES } from './prices';
import type { IStudyState } from './state';

/** The scale of a pane. */
export interface IPaneScale {
  mode: ChartScale;
  /** High values are below. */
  inverted: boolean;
}

export const PLAIN: IPaneScale = { mode: 'linear', inverted: false };

/** What a pane shows where its scale cannot count what is in it: only linear ones know zero and less. */
export function drawnMode(mode: ChartScale, least: number): ChartScale {
  return least <= 0 ? 'linear' : mode;
}

/** Let the scale that a series hangs on count so. */
export function applyScale(
  series: ISeriesApi<SeriesType>,
  { mode, inverted }: IPaneScale,
  least: number
): void {
  const scale = series.priceScale();
  const wanted = MODES[drawnMode(mode, least)];
  const now = scale.options();
  // Live prices ask with every frame.
  if (now.mode !== wanted || now.invertScale !== inverted) {
    scale.applyOptions({ mode: wanted, invertScale: inverted });
  }
}

const known = new WeakMap<
  readonly number[],
  { count: number; least: number }
>();

/** The least of a column; Infinity: it is empty. Long columns are looked through once: only their last value changes. */
export function leastOf(values: readonly number[]): number {
  const last = values.length - 1;
  let before = known.get(values);
  if (before?.count !== last) {
    before = { count: last, least: Infinity };
    for (let at = 0; at < last; at++) {
      before.least = Math.min(before.least, values[at]);
    }
    known.set(values, before);
  }
  return last < 0 ? Infinity : Math.min(before.least, values[last]);
}

/** The least figure of a study; Infinity: there are none. */
export function leastValue(values: StudyValues | null): number {
  let least = Infinity;
  for (const column of Object.values(values ?? {})) {
    for (const value of column) {
      least = Math.min(least, value ?? Infinity);
    }
  }
  return least;
}

/** Panes of studies, counted from the prices' own, which is 0: where the state says, else where the study belongs. */
export function panesOf(
  studies: readonly IStudyState[],
  catalogue: readonly Study[]
): ReadonlyMap<string, number> {
  const named = new Map([[MAIN_PANE, 0]]);
  const panes = new Map<string, number>();
  let count = 1;
  for (const { id, study, pane } of studies) {
    const info = catalogue.find(one => one.id === study);
    const isOwn = info?.pane === 'own' && info.plots.length > 0;
    if (info && (isOwn || (pane && pane !== MAIN_PANE))) {
      const there = named.get(pane ?? id) ?? count++;
      named.set(pane ?? id, there);
      panes.set(id, there);
    } else if (info) {
      panes.set(id, 0);
    }
  }
  return panes;
}
