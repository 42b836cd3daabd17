import 'fake-indexeddb/auto';
import { afterEach, describe, expect, it } from 'vitest';

import { listLocalDrafts, takeLocalDrafts } from '../localDrafts';
import { LocalWriter } from '../localWriter';

afterEach(() => takeLocalDrafts('scope'));

describe('LocalWriter', () => {
  it('writes an edit that comes while the one before is thrown away', async () => {
    let content = 'first';
    const writer = new LocalWriter(() => ({
      scope: 'scope',
      baseVersion: 1,
      draftRevision: null,
      content
    }));
    writer.schedule();
    await writer.flush();
    expect(await listLocalDrafts('scope')).toHaveLength(1);
    writer.forget();
    content = 'second';
    writer.schedule();
    const kept = async (): Promise<unknown[]> =>
      (await listLocalDrafts('scope')).map(one => one.content);
    await expect.poll(kept).toEqual(['second']);
    writer.dispose();
  });
});

describe('takeLocalDrafts', () => {
  it('gives each edit to one taker, and no other scope’s', async () => {
    const make = async (scope: string): Promise<void> => {
      const writer = new LocalWriter(() => ({
        scope,
        baseVersion: 1,
        draftRevision: null,
        content: scope
      }));
      writer.schedule();
      await writer.flush();
      writer.dispose();
    };
    await make('scope');
    await make('scope2');
    const taken = await Promise.all([
      takeLocalDrafts('scope'),
      takeLocalDrafts('scope')
    ]);
    expect(taken.flat().map(one => one.content)).toEqual(['scope']);
    expect(await takeLocalDrafts('scope2')).toHaveLength(1);
  });
});
