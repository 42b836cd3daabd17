import { beforeEach, describe, expect, it } from 'vitest';

import type { IClock, SendOutcome } from '../scheduler';
import { DraftScheduler } from '../scheduler';

/** Time that passes when told to. */
class TestClock implements IClock {
  now(): number {
    return this._now;
  }

  setTimeout(callback: () => void, delay: number): number {
    this._timers.set(++this._last, { at: this._now + delay, callback });
    return this._last;
  }

  clearTimeout(handle: number): void {
    this._timers.delete(handle);
  }

  /** Lets milliseconds pass, timers and what they start included. */
  async pass(milliseconds: number): Promise<void> {
    const end = this._now + milliseconds;
    for (;;) {
      const due = [...this._timers].sort((a, b) => a[1].at - b[1].at)[0];
      if (!due || due[1].at > end) {
        break;
      }
      this._timers.delete(due[0]);
      this._now = due[1].at;
      due[1].callback();
      await new Promise(resolve => setImmediate(resolve));
    }
    this._now = end;
  }

  private _now = 0;
  private _last = 0;
  private readonly _timers = new Map<
    number,
    { at: number; callback: () => void }
  >();
}

describe('DraftScheduler', () => {
  let clock: TestClock;
  let sent: number[];
  let outcome: SendOutcome;
  let scheduler: DraftScheduler;

  beforeEach(() => {
    clock = new TestClock();
    sent = [];
    outcome = 'done';
    scheduler = new DraftScheduler({
      clock,
      send: () => {
        sent.push(clock.now());
        return Promise.resolve(outcome);
      }
    });
  });

  it('sends once, at most two seconds after the last edit', async () => {
    scheduler.edited();
    await clock.pass(500);
    scheduler.edited();
    await clock.pass(20_000);
    expect(sent).toHaveLength(1);
    expect(sent[0] - 500).toBeLessThanOrEqual(2000);
  });

  it('sends at least every ten seconds while somebody keeps typing', async () => {
    for (let i = 0; i < 300; i += 1) {
      scheduler.edited();
      await clock.pass(100);
    }
    await clock.pass(5000);
    const gaps = sent.map((time, index) => time - (sent[index - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(10_000);
    expect(sent.length).toBeLessThanOrEqual(7);
  });

  it('tries again with growing pauses, and more edits do not hurry it', async () => {
    outcome = 'retry';
    scheduler.edited();
    for (let i = 0; i < 1200; i += 1) {
      scheduler.edited();
      await clock.pass(100);
    }
    const gaps = sent.slice(1).map((time, index) => time - sent[index]);
    expect(gaps.slice(0, 5)).toEqual([1000, 2000, 4000, 8000, 16_000]);
    expect(Math.max(...gaps)).toBe(30_000);
    outcome = 'done';
    await clock.pass(30_000);
    const count = sent.length;
    await clock.pass(100_000);
    expect(sent).toHaveLength(count);
    expect(scheduler.isPending).toBe(false);
  });

  it('goes on at once when the connection is back', async () => {
    outcome = 'retry';
    scheduler.edited();
    await clock.pass(60_000);
    const before = sent.length;
    outcome = 'done';
    scheduler.retryNow();
    await clock.pass(0);
    expect(sent).toHaveLength(before + 1);
  });

  it('does not try again by itself after a refusal, but with the next edit', async () => {
    outcome = 'stop';
    scheduler.edited();
    await clock.pass(100_000);
    expect(sent).toHaveLength(1);
    outcome = 'done';
    scheduler.edited();
    await clock.pass(2000);
    expect(sent).toHaveLength(2);
  });

  it('sends what was edited while a request was under way', async () => {
    let answer: (result: SendOutcome) => void = () => undefined;
    const slow = new DraftScheduler({
      clock,
      send: () => {
        sent.push(clock.now());
        return new Promise(resolve => {
          answer = resolve;
        });
      }
    });
    slow.edited();
    await clock.pass(1000);
    slow.edited();
    await clock.pass(60_000);
    expect(sent).toHaveLength(1);
    answer('done');
    await new Promise(resolve => setImmediate(resolve));
    await clock.pass(2000);
    expect(sent).toHaveLength(2);
  });

  it('holds everything back while paused', async () => {
    scheduler.edited();
    scheduler.pause();
    await clock.pass(100_000);
    scheduler.edited();
    await scheduler.flush();
    expect(sent).toHaveLength(0);
    scheduler.resume();
    await clock.pass(2000);
    expect(sent).toHaveLength(1);
  });

  it('flush sends now and waits', async () => {
    scheduler.edited();
    await scheduler.flush();
    expect(sent).toEqual([0]);
    await clock.pass(10_000);
    expect(sent).toHaveLength(1);
  });
});
