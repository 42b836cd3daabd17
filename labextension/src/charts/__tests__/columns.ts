import type { IBarColumns } from '../bars';

/** Bars at these times; each column has the times for figures, so that a bar is known by any of them. */
export function columnsAt(time: number[]): IBarColumns {
  return {
    time,
    open: time,
    high: time,
    low: time,
    close: time,
    volume: time
  };
}
