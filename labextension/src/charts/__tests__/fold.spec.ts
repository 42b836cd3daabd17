import { describe, expect, it } from 'vitest';

import type { IBarColumns } from '../bars';
import { barsOf, heikinAshi, joinNewer, NO_BARS, putBar } from '../bars';
import type { IBar } from '../fold';
import { BarFold, bucketOf } from '../fold';

const at = (text: string): number => Date.parse(text);

/** A bar around a price. */
const bar = (
  time: number | string,
  price: number,
  volume: number | null = 1
): IBar => ({
  time: typeof time === 'string' ? at(time) : time,
  open: price,
  high: price + 2,
  low: price - 2,
  close: price + 1,
  volume
});

const NEW_YORK = 'America/New_York';

describe('bucketOf', () => {
  const same = (a: string, b: string, timeframe: string, zone: string) =>
    bucketOf(at(a), timeframe, zone) === bucketOf(at(b), timeframe, zone);

  it('counts days, weeks and months on the clock of the exchange', () => {
    // Midnight in New York is four o'clock in UTC.
    expect(same('2024-07-02T03:59Z', '2024-07-01T05:00Z', '1D', NEW_YORK)).toBe(
      true
    );
    expect(same('2024-07-02T04:00Z', '2024-07-01T05:00Z', '1D', NEW_YORK)).toBe(
      false
    );
    expect(same('2024-07-01T13:30Z', '2024-07-05T20:00Z', '1W', NEW_YORK)).toBe(
      true
    );
    expect(same('2024-07-05T13:30Z', '2024-07-08T13:30Z', '1W', NEW_YORK)).toBe(
      false
    );
    expect(same('2024-01-31T23:00Z', '2024-02-01T01:00Z', '1M', 'UTC')).toBe(
      false
    );
    expect(same('2024-01-31T23:00Z', '2024-02-01T01:00Z', '1M', NEW_YORK)).toBe(
      true
    );
  });

  it('keeps both hours of the night when clocks go back', () => {
    // 01:30 in Berlin comes twice on this day.
    expect(
      same('2024-10-27T00:30Z', '2024-10-27T01:30Z', '1h', 'Europe/Berlin')
    ).toBe(false);
    expect(
      same('2024-10-27T00:30Z', '2024-10-27T22:30Z', '1D', 'Europe/Berlin')
    ).toBe(true);
    expect(
      same('2024-10-27T00:30Z', '2024-10-27T23:30Z', '1D', 'Europe/Berlin')
    ).toBe(false);
  });

  it('has four hours begin at noon in summer and in winter', () => {
    const fold = new BarFold('4h', '1h', NEW_YORK);
    expect(fold.take(bar('2024-07-01T16:30Z', 1))?.time).toBe(
      at('2024-07-01T16:00Z')
    );
    expect(fold.take(bar('2024-12-02T17:30Z', 1))?.time).toBe(
      at('2024-12-02T17:00Z')
    );
  });
});

describe('BarFold', () => {
  it('makes a week of days, as the service does', () => {
    const fold = new BarFold('1W', '1D', NEW_YORK);
    const monday = '2024-07-01T13:30Z';
    const made = fold.begin([bar(monday, 10, 5), bar('2024-07-02T13:30Z', 14)]);
    expect(made).toEqual([
      { time: at(monday), open: 10, high: 16, low: 8, close: 15, volume: 6 }
    ]);
    expect(fold.take(bar('2024-07-03T13:30Z', 4, 2))).toEqual({
      time: at(monday),
      open: 10,
      high: 16,
      low: 2,
      close: 5,
      volume: 8
    });
    // The same day again is that day as it is now, not another one.
    expect(fold.take(bar('2024-07-03T13:30Z', 6, 3))).toMatchObject({
      low: 4,
      close: 7,
      volume: 9
    });
    // A day that was late is put into its place.
    expect(fold.take(bar('2024-07-02T14:30Z', 30, null))).toMatchObject({
      high: 32,
      close: 7,
      volume: 9
    });
    expect(fold.take(bar('2024-07-08T13:30Z', 7))).toEqual(
      bar('2024-07-08T13:30Z', 7)
    );
    // That week is over.
    expect(fold.take(bar('2024-07-05T13:30Z', 99))).toBeNull();
  });

  it('goes on after a gap, and does not know volumes that nobody knows', () => {
    const fold = new BarFold('1M', '1D', 'UTC');
    expect(fold.take(bar('2024-01-31T00:00Z', 1, null))?.volume).toBeNull();
    expect(fold.take(bar('2024-04-02T00:00Z', 2, 4))).toMatchObject({
      time: at('2024-04-02T00:00Z'),
      open: 2,
      volume: 4
    });
  });

  it('does not lose what the service knew of a bar that is sent from its middle on', () => {
    const fold = new BarFold('1m', '1m', 'UTC');
    fold.begin([{ time: 0, open: 5, high: 9, low: 4, close: 6, volume: 10 }]);
    const late = { time: 0, open: 7, high: 8, low: 7, close: 8, volume: 1 };
    expect(fold.take(late)).toEqual({
      time: 0,
      open: 5,
      high: 9,
      low: 4,
      close: 8,
      volume: 10
    });
    expect(fold.isMixed).toBe(true);
    expect(fold.take(bar(60_000, 8))).toEqual(bar(60_000, 8));
    expect(fold.isMixed).toBe(false);
  });
});

const columns = (...times: number[]): IBarColumns =>
  times.reduce<IBarColumns>(
    (bars, time) => putBar(bars, bar(time, time))[0],
    NO_BARS
  );

describe('putBar', () => {
  it('adds what follows, corrects what is there and leaves out what is over', () => {
    const three = columns(1, 2, 4);
    expect(putBar(three, bar(4, 9))[1]).toBe(2);
    expect(three.close).toEqual([2, 3, 10]);
    expect(putBar(three, bar(2, 7))[1]).toBe(1);
    expect(three.close).toEqual([2, 8, 10]);
    expect(putBar(three, bar(3, 7))).toEqual([three, -1]);
    const [four, place] = putBar(three, bar(6, 1));
    expect([place, four.time, three.time]).toEqual([
      3,
      [1, 2, 4, 6],
      [1, 2, 4]
    ]);
    expect(NO_BARS.time).toEqual([]);
  });
});

describe('joinNewer', () => {
  it('fills what was missed and keeps the bar that only the stream knows', () => {
    const joined = joinNewer(columns(1, 2, 5), columns(2, 3, 4));
    expect(joined.time).toEqual([1, 2, 3, 4, 5]);
    expect(barsOf(joined, 3)).toEqual([bar(4, 4), bar(5, 5)]);
  });
});

describe('heikinAshi', () => {
  it('goes on from what is known as if it were made anew', () => {
    const bars = columns(1, 2, 3);
    const known = heikinAshi(bars);
    putBar(bars, bar(3, 50));
    const [more] = putBar(bars, bar(4, 20));
    expect(heikinAshi(more, known, 2)).toEqual(heikinAshi(more));
  });
});
