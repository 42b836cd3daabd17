/**
 * Bars as the chart library takes them.
 */
import type { UTCTimestamp } from 'lightweight-charts';

import type { IBarColumns } from './bars';

export type Point = { time: UTCTimestamp; value?: number };

/** Times of the library are seconds. */
export function seconds(time: number): UTCTimestamp {
  return (time / 1000) as UTCTimestamp;
}

/** A point without a value is a gap. Those from the place `from` on. */
export function points(
  time: number[],
  values: (number | null)[],
  from = 0
): Point[] {
  return time.slice(from).map((at, i) => {
    const value = values[from + i];
    return value === null || value === undefined
      ? { time: seconds(at) }
      : { time: seconds(at), value };
  });
}

/** Open, high, low and close, from the place `from` on. */
export function candles(bars: IBarColumns, from = 0): object[] {
  return bars.time.slice(from).map((time, i) => ({
    time: seconds(time),
    open: bars.open[from + i],
    high: bars.high[from + i],
    low: bars.low[from + i],
    close: bars.close[from + i]
  }));
}

/** Closes, from the place `from` on. */
export function closes(bars: IBarColumns, from = 0): Point[] {
  return points(bars.time, bars.close, from);
}

/** Volumes, from the place `from` on, in the colour of a rising or a falling bar. */
export function volumes(
  bars: IBarColumns,
  from: number,
  rising: string,
  falling: string
): object[] {
  return bars.time.slice(from).map((time, i) => ({
    time: seconds(time),
    value: bars.volume[from + i] ?? 0,
    color: bars.close[from + i] < bars.open[from + i] ? falling : rising
  }));
}
