/**
 * Bars as columns: joining pages, Heikin Ashi, and what is said of them in words and as CSV.
 */

import type { IBar } from './fold';
import { isoIn } from './zones';

/** Columns of equal length, oldest bar first. Times are a bar's opening, milliseconds since 1970 in UTC. */
export interface IBarColumns {
  time: number[];
  open: number[];
  high: number[];
  low: number[];
  close: number[];
  volume: (number | null)[];
}

export type BarColumn = keyof IBarColumns;

const COLUMNS: readonly BarColumn[] = [
  'time',
  'open',
  'high',
  'low',
  'close',
  'volume'
];

export const NO_BARS: IBarColumns = {
  time: [],
  open: [],
  high: [],
  low: [],
  close: [],
  volume: []
};

/** An older page before newer bars; of a time that both have, the newer page's bar counts. */
export function prepend(older: IBarColumns, newer: IBarColumns): IBarColumns {
  const first = newer.time[0] ?? Infinity;
  let count = older.time.length;
  while (count > 0 && older.time[count - 1] >= first) {
    count--;
  }
  return mapColumns(column => [
    ...older[column].slice(0, count),
    ...newer[column]
  ]);
}

/** Newer bars after others; of a time that both have, the newer page's bar counts. What is after the page stays. */
export function joinNewer(bars: IBarColumns, newer: IBarColumns): IBarColumns {
  if (newer.time.length === 0) {
    return bars;
  }
  const first = indexAt(bars, newer.time[0]);
  const rest = indexAt(bars, newer.time[newer.time.length - 1] + 1);
  return mapColumns(column => [
    ...bars[column].slice(0, first),
    ...newer[column],
    ...bars[column].slice(rest)
  ]);
}

/**
 * Put a live bar where it belongs: the newest one changes in place (histories are long and prices come often), one that
 * follows makes new columns. A bar of a time that is over and not known is left out.
 *
 * @returns the columns, and the index of the bar; -1: left out
 */
export function putBar(bars: IBarColumns, bar: IBar): [IBarColumns, number] {
  const count = bars.time.length;
  const last = bars.time[count - 1] ?? -Infinity;
  if (bar.time > last) {
    return [mapColumns(column => [...bars[column], bar[column]]), count];
  }
  const at = bar.time === last ? count - 1 : indexAt(bars, bar.time);
  if (bars.time[at] !== bar.time) {
    return [bars, -1];
  }
  for (const column of COLUMNS) {
    (bars[column] as (number | null)[])[at] = bar[column];
  }
  return [bars, at];
}

/** The bars of columns, from a place on. */
export function barsOf(columns: IBarColumns, from = 0): IBar[] {
  return columns.time.slice(from).map((time, i) => ({
    time,
    open: columns.open[from + i],
    high: columns.high[from + i],
    low: columns.low[from + i],
    close: columns.close[from + i],
    volume: columns.volume[from + i]
  }));
}

/**
 * Heikin Ashi bars: close = (o + h + l + c) / 4; open = the middle of the body before, at first (o + c) / 2; high and
 * low take the new open and close in (Valcu 2004, "Using the Heikin-Ashi technique").
 *
 * `known` is what was made before of bars that have changed from `from` on only; it is used up.
 */
export function heikinAshi(
  bars: IBarColumns,
  known: IBarColumns = { ...NO_BARS, open: [], high: [], low: [], close: [] },
  from = 0
): IBarColumns {
  const { time, volume } = bars;
  const { open, high, low, close } = known;
  for (const made of [open, high, low, close]) {
    made.length = from;
  }
  for (let i = from; i < time.length; i++) {
    const [o, h, l, c] = [
      bars.open[i],
      bars.high[i],
      bars.low[i],
      bars.close[i]
    ];
    close[i] = (o + h + l + c) / 4;
    open[i] = i === 0 ? (o + c) / 2 : (open[i - 1] + close[i - 1]) / 2;
    high[i] = Math.max(h, open[i], close[i]);
    low[i] = Math.min(l, open[i], close[i]);
  }
  return { time, open, high, low, close, volume };
}

/** First bar whose time is not before `time`. */
export function indexAt(bars: IBarColumns, time: number): number {
  let low = 0;
  let high = bars.time.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bars.time[middle] < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** The bars as CSV (RFC 4180) with ISO times by the clock of a zone. */
export function toCsv(bars: IBarColumns, zone = 'UTC'): string {
  const rows = bars.time.map((time, i) =>
    [
      isoIn(time, zone),
      bars.open[i],
      bars.high[i],
      bars.low[i],
      bars.close[i],
      bars.volume[i] ?? ''
    ].join(',')
  );
  return [COLUMNS.join(','), ...rows, ''].join('\r\n');
}

function mapColumns(
  make: (column: BarColumn) => (number | null)[]
): IBarColumns {
  return Object.fromEntries(
    COLUMNS.map(column => [column, make(column)])
  ) as unknown as IBarColumns;
}
