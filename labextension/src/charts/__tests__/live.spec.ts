import { DisposableDelegate } from '@lumino/disposable';
import { describe, expect, it, vi } from 'vitest';

import type { Bars } from '../../api/models';
import type { StreamListener } from '../../tokens';
import type { IBar } from '../fold';
import { LiveBars } from '../live';
import { columnsAt } from './columns';

const bar = (time: number): IBar => ({
  time,
  open: time,
  high: time,
  low: time,
  close: time,
  volume: 1
});

/** Live bars of one symbol whose answers come when the test lets them. */
function listening(): {
  live: LiveBars;
  tell: StreamListener;
  answers: ((...times: number[]) => void)[];
  read: number[][];
  shown: number[];
  others: () => number;
} {
  let tell: StreamListener = () => undefined;
  const answers: ((...times: number[]) => void)[] = [];
  const read: number[][] = [];
  const shown: number[] = [];
  let others = 0;
  const live = new LiveBars({
    stream: {
      listen: (_topic, listener) => {
        tell = listener;
        return new DisposableDelegate(() => undefined);
      }
    },
    client: {
      bars: () =>
        new Promise(resolve => {
          answers.push((...time) =>
            resolve({
              columns: columnsAt(time),
              next_before: null
            } as unknown as Bars)
          );
        })
    },
    symbol: 'X:A',
    timeframe: '1D',
    zone: 'UTC',
    newest: () => 1,
    onRead: ({ time }) => read.push(time),
    onBar: ({ time }) => shown.push(time),
    onOther: () => others++,
    onNote: () => undefined
  });
  const said: StreamListener = message => tell(message);
  return { live, tell: said, answers, read, shown, others: () => others };
}

const quotes = (
  time: number
): { type: string; note: string; timeframe: string; bars: IBar[] } => ({
  type: 'quotes',
  note: '',
  timeframe: '1D',
  bars: [bar(time)]
});

describe('LiveBars', () => {
  it('reads once at a time, and again after a loss meanwhile', async () => {
    const { tell, answers, read, shown } = listening();
    tell(quotes(2));
    expect(answers).toHaveLength(1);
    tell({ type: 'missed' });
    tell(quotes(4));
    // Two answers could come in any order.
    expect(answers).toHaveLength(1);
    answers[0](1, 2);
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1](2);
    await vi.waitFor(() => expect(shown).toContain(4));
    expect(read).toEqual([[1, 2]]);
    // Bar 3 was missed: the next price is the time to read.
    tell(quotes(5));
    expect(answers).toHaveLength(3);
    answers[2](2, 3, 4);
    await vi.waitFor(() => expect(answers).toHaveLength(4));
    answers[3](4);
    await vi.waitFor(() => expect(shown[shown.length - 1]).toBe(5));
    expect(read).toEqual([
      [1, 2],
      [2, 3, 4]
    ]);
  });

  it('says nothing of an answer that comes after it was left', async () => {
    const { live, tell, answers, read, others } = listening();
    tell(quotes(2));
    live.dispose();
    answers[0](7);
    await new Promise(resolve => setTimeout(resolve, 0));
    expect([read, others()]).toEqual([[], 0]);
  });
});
