/**
 * Live bars of a fine timeframe, put together to those that a chart shows. The rules are the service's own
 * (`market/aggregate.py`), so that a bar made here is the one that the service answers later.
 */
import { offsetAt } from './times';

/** One bar; `time` is its opening, milliseconds since 1970 in UTC. */
export interface IBar {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number | null;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Timeframes that are lengths of time. Milliseconds; days, weeks and months are the calendar's. */
const LENGTHS: Readonly<Record<string, number>> = {
  '1m': 60_000,
  '5m': 5 * 60_000,
  '15m': 15 * 60_000,
  '30m': 30 * 60_000,
  '1h': HOUR,
  '4h': 4 * HOUR
};

/** What moments of one bar have in common; rises with time. `zone` is the exchange's. */
export function bucketOf(
  time: number,
  timeframe: string,
  zone: string
): number {
  const offset = offsetAt(time, zone);
  const length = LENGTHS[timeframe];
  if (length && length <= HOUR) {
    // Counted in UTC: in the night when clocks go back an hour comes twice, and both are bars.
    const shift = offset % length;
    return Math.floor((time + shift) / length) * length - shift;
  }
  const local = time + offset;
  if (length) {
    return Math.floor(local / length) * length;
  }
  const days = Math.floor(local / DAY);
  if (timeframe === '1W') {
    return Math.floor((days + 3) / 7); // 1970 began on a Thursday, weeks begin on Monday
  }
  if (timeframe === '1M') {
    const date = new Date(local);
    return date.getUTCFullYear() * 12 + date.getUTCMonth();
  }
  return days;
}

/** When the bar of a bucket opens, where that does not depend on its first price. */
function openingOf(
  bucket: number,
  timeframe: string,
  zone: string
): number | null {
  const length = LENGTHS[timeframe];
  if (!length || length <= HOUR) {
    return length ? bucket : null;
  }
  const before = bucket - offsetAt(bucket - DAY, zone);
  const after = bucket - offsetAt(bucket + DAY, zone);
  const isBefore =
    before + offsetAt(before, zone) === bucket ||
    after + offsetAt(after, zone) !== bucket;
  return isBefore ? before : after;
}

/** Makes the newest bar of a timeframe from finer ones. */
export class BarFold {
  /** `fine` is the timeframe of what is taken; `zone` the exchange's. */
  constructor(
    private readonly _timeframe: string,
    private readonly _fine: string,
    private readonly _zone: string
  ) {}

  /** The bar under way has a part that is known from two sides, so its figures may not be the last word. */
  get isMixed(): boolean {
    return this._isMixed;
  }

  /** Start anew from finer bars that the service has; answers the bars that they make, oldest first. */
  begin(read: readonly IBar[]): IBar[] {
    this._parts = [];
    this._bucket = -Infinity;
    this._isMixed = false;
    this._read.clear();
    const made = new Map<number, IBar>();
    for (const part of read) {
      const bar = this.take(part);
      if (bar) {
        made.set(bar.time, bar);
      }
      this._read.set(part.time, part);
    }
    return [...made.values()];
  }

  /** The bar that a finer one belongs to, as it is now; null: it is over, and what the service says of it counts. */
  take(part: IBar): IBar | null {
    const newest = this._parts[this._parts.length - 1];
    let bucket =
      this._timeframe === this._fine
        ? part.time
        : bucketOf(part.time, this._timeframe, this._zone);
    if (newest && part.time >= newest.time) {
      // Where clocks go back over a boundary, the boundary does not.
      bucket = Math.max(bucket, this._bucket);
    }
    if (bucket < this._bucket) {
      return null;
    }
    if (bucket > this._bucket) {
      this._bucket = bucket;
      this._parts = [];
      this._isMixed = false;
      this._read.clear();
    }
    this._put(part);
    return this._whole();
  }

  private _put(part: IBar): void {
    const read = this._read.get(part.time);
    const known = read ? both(read, part) : part;
    this._isMixed ||= read !== undefined;
    let at = this._parts.length;
    while (at > 0 && this._parts[at - 1].time >= part.time) {
      at--;
    }
    const isThere = this._parts[at]?.time === part.time;
    this._parts.splice(at, isThere ? 1 : 0, known);
  }

  private _whole(): IBar {
    const first = this._parts[0];
    const time =
      this._timeframe === this._fine
        ? first.time
        : (openingOf(this._bucket, this._timeframe, this._zone) ?? first.time);
    const whole = { ...first, time };
    for (const part of this._parts.slice(1)) {
      whole.high = Math.max(whole.high, part.high);
      whole.low = Math.min(whole.low, part.low);
      whole.close = part.close;
      whole.volume =
        part.volume === null ? whole.volume : (whole.volume ?? 0) + part.volume;
    }
    return whole;
  }

  private _bucket = -Infinity;
  private _isMixed = false;
  /** Finer bars of the bar under way, oldest first. */
  private _parts: IBar[] = [];
  /** Those that the service had when it was asked. */
  private readonly _read = new Map<number, IBar>();
}

/** A bar that a source began to send in its middle, with what was known of it before. */
function both(read: IBar, sent: IBar): IBar {
  return {
    time: read.time,
    open: read.open,
    high: Math.max(read.high, sent.high),
    low: Math.min(read.low, sent.low),
    close: sent.close,
    volume:
      read.volume === null || sent.volume === null
        ? (read.volume ?? sent.volume)
        : Math.max(read.volume, sent.volume)
  };
}
