import { describe, expect, it } from 'vitest';

import type { IHistory } from '../history';
import {
  mapped,
  NO_HISTORY,
  record,
  stepBack,
  stepForward,
  STEPS_MAX
} from '../history';

describe('history', () => {
  it('goes back and forth', () => {
    const history = record(record<string>(NO_HISTORY, 'a'), 'b');
    const [back, b] = stepBack(history, 'c')!;
    const [further, a] = stepBack(back, b)!;
    expect([a, b]).toEqual(['a', 'b']);
    expect(stepBack(further, a)).toBeNull();
    const [forth, again] = stepForward(further, a)!;
    expect(again).toBe('b');
    expect(stepForward(forth, again)![1]).toBe('c');
    expect(stepForward(history, 'c')).toBeNull();
  });

  it('forgets what was undone once something new is made', () => {
    const [back] = stepBack(record<string>(NO_HISTORY, 'a'), 'b')!;
    expect(record(back, 'a').future).toEqual([]);
  });

  it('has no step between states that have become the same', () => {
    const history = { past: ['', 'a', 'ax'], future: ['axb', 'axby'] };
    const without = (state: string): string => state.replace(/[xy]/g, '');
    const left = mapped(history, 'ax', without, (a, b) => a === b);
    expect(left).toEqual({ past: [''], future: ['ab'] });
    const none = mapped(history, 'ax', () => '', Object.is);
    expect(none).toEqual({ past: [], future: [] });
  });

  it('keeps so many steps and no more', () => {
    let history: IHistory<number> = NO_HISTORY;
    for (let i = 0; i < STEPS_MAX + 5; i++) {
      history = record(history, i);
    }
    expect(history.past).toHaveLength(STEPS_MAX);
    expect(history.past[0]).toBe(5);
  });
});
