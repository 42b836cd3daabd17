import { describe, expect, it } from 'vitest';

import type { IBarColumns } from '../bars';
import { heikinAshi, indexAt, prepend, toCsv } from '../bars';

const bars = (...times: number[]): IBarColumns => ({
  time: times,
  open: times.map(time => time + 1),
  high: times.map(time => time + 4),
  low: times.map(time => time - 1),
  close: times.map(time => time + 2),
  volume: times.map(() => 10)
});

describe('prepend', () => {
  it('joins pages and keeps every column as long as the times', () => {
    const all = prepend(bars(1, 2), bars(3, 4));
    expect(all.time).toEqual([1, 2, 3, 4]);
    expect(all.close).toEqual([3, 4, 5, 6]);
    expect(all.volume).toHaveLength(4);
  });

  it('takes the newer page where both have a bar', () => {
    const newer = { ...bars(2, 3), close: [20, 30] };
    expect(prepend(bars(1, 2), newer).close).toEqual([3, 20, 30]);
  });
});

describe('heikinAshi', () => {
  it('is what its definition says', () => {
    const drawn = heikinAshi({
      time: [0, 1],
      open: [10, 12],
      high: [13, 15],
      low: [9, 11],
      close: [12, 14],
      volume: [1, 1]
    });
    expect(drawn.close).toEqual([11, 13]);
    expect(drawn.open).toEqual([11, 11]);
    expect(drawn.high).toEqual([13, 15]);
    expect(drawn.low).toEqual([9, 11]);
  });
});

describe('indexAt', () => {
  it('finds the first bar that is not before a time', () => {
    const all = bars(10, 20, 30);
    expect([5, 10, 11, 30, 31].map(time => indexAt(all, time))).toEqual([
      0, 0, 1, 2, 3
    ]);
  });
});

describe('toCsv', () => {
  it('has a line for each bar and leaves unknown volume empty', () => {
    const csv = toCsv({ ...bars(0), volume: [null] });
    expect(csv).toBe(
      'time,open,high,low,close,volume\r\n1970-01-01T00:00:00.000Z,1,4,-1,2,\r\n'
    );
  });
});
