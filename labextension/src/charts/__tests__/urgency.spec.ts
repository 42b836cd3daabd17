import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { afterFrame } from '../urgency';

describe('afterFrame', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('runs once, and is disposed by then', () => {
    const seen: boolean[] = [];
    const waiting = afterFrame(() => seen.push(waiting.isDisposed));
    expect(seen).toEqual([]);
    vi.runAllTimers();
    expect(seen).toEqual([true]);
  });

  it('does not run once it is disposed', () => {
    let runs = 0;
    const waiting = afterFrame(() => runs++);
    vi.advanceTimersToNextFrame();
    waiting.dispose();
    vi.runAllTimers();
    expect(runs).toBe(0);
  });
});
