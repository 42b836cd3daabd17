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

/** A point without a value is a gap. */
export function points(time: number[], values: (number | null)[]): Point[] {
  return time.map((at, i) => {
    const value = values[i];
    return value === null || value === undefined
      ? { time: seconds(at) }
      : { time: seconds(at), value };
  });
}

/** Open, high, low and close. */
export function candles(bars: IBarColumns): object[] {
  return bars.time.map((time, i) => ({
    time: seconds(time),
    open: bars.open[i],
    high: bars.high[i],
    low: bars.low[i],
    close: bars.close[i]
  }));
}
