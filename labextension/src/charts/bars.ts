/**
 * Bars as columns: joining pages, Heikin Ashi, and what is said of them in words and as CSV.
 */

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

/**
 * Heikin Ashi bars: close = (o + h + l + c) / 4; open = the middle of the body before, at first (o + c) / 2; high and
 * low take the new open and close in (Valcu 2004, "Using the Heikin-Ashi technique").
 */
export function heikinAshi(bars: IBarColumns): IBarColumns {
  const { time, volume } = bars;
  const open: number[] = [];
  const high: number[] = [];
  const low: number[] = [];
  const close: number[] = [];
  for (let i = 0; i < time.length; i++) {
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

/** The bars as CSV (RFC 4180) with ISO times in UTC. */
export function toCsv(bars: IBarColumns): string {
  const rows = bars.time.map((time, i) =>
    [
      new Date(time).toISOString(),
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
