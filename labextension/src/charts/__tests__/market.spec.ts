import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Instrument } from '../../api/models';
import type { IMarketClient } from '../market';
import { instrumentOf } from '../market';

const instrument = (symbol: string): Instrument =>
  ({ symbol, name: symbol }) as Instrument;

describe('instrumentOf', () => {
  let asked: string[];
  let fails: boolean;
  let client: IMarketClient;

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    fails = false;
    client = {
      instrument: (symbol: string) => {
        asked.push(symbol);
        return fails
          ? Promise.reject(new Error('gone'))
          : Promise.resolve(instrument(symbol));
      }
    } as unknown as IMarketClient;
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('asks once for charts that are opened together', async () => {
    const both = await Promise.all([
      instrumentOf(client, 'A:B'),
      instrumentOf(client, 'A:B'),
      instrumentOf(client, 'A:C')
    ]);
    expect(both.map(one => one.symbol)).toEqual(['A:B', 'A:B', 'A:C']);
    expect(asked).toEqual(['A:B', 'A:C']);
  });

  it('asks again after a while', async () => {
    await instrumentOf(client, 'A:B');
    vi.setSystemTime(Date.now() + 30_000);
    await instrumentOf(client, 'A:B');
    expect(asked).toEqual(['A:B', 'A:B']);
  });

  it('does not keep a failure', async () => {
    fails = true;
    await expect(instrumentOf(client, 'A:B')).rejects.toThrow('gone');
    fails = false;
    expect((await instrumentOf(client, 'A:B')).symbol).toBe('A:B');
    expect(asked).toEqual(['A:B', 'A:B']);
  });
});
