import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { ShareCalls } from '../model';
import { ShareModel } from '../model';

let asked: string[];
let given: string[];
let finish: () => void;
let model: ShareModel;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  given = [];
  const calls: ShareCalls = {
    shares: () =>
      Promise.resolve({
        owner: 'ann',
        owner_id: 'ann',
        access: 'owner',
        items: [],
        next_cursor: null
      }),
    share: async (_id, user, access) => {
      given.push(user);
      await new Promise<void>(resolve => (finish = resolve));
      return { user, user_id: user, access, created_at: '' };
    },
    endShare: () => Promise.resolve()
  };
  model = new ShareModel({
    calls,
    find: words => {
      asked.push(words);
      return Promise.resolve([]);
    },
    id: 'one',
    changed: () => undefined
  });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the people that are offered', () => {
  it('are looked up once for a word, not for each of its letters', async () => {
    for (const words of ['c', 'cl', 'cle', 'cleo']) {
      model.look(words);
    }
    await vi.runAllTimersAsync();
    expect(asked).toEqual(['cleo']);
    // Coming back to the field asks nothing new.
    model.look('cleo ');
    await vi.runAllTimersAsync();
    expect(asked).toEqual(['cleo']);
  });

  it('get access once, however often that is asked for', async () => {
    const first = model.give('cleo', 'view');
    expect(await model.give('cleo', 'view')).toBe(false);
    finish();
    expect(await first).toBe(true);
    expect(given).toEqual(['cleo']);
  });
});
