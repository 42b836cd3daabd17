import { describe, expect, it } from 'vitest';

import { ForbiddenError, InvalidError } from '../../api/errors';
import type { Share, Shares } from '../../api/models';
import type { ShareCalls } from '../model';
import { ShareModel } from '../model';

const share = (user: string, access: Share['access'] = 'view'): Share => ({
  user,
  user_id: user,
  access,
  created_at: '2026-01-01T00:00:00Z'
});

/** A service with a list of shares. */
function world(access: Shares['access'] = 'owner', refusal?: Error) {
  const items: Share[] = [share('ben', 'edit')];
  let changes = 0;
  const act = (): Promise<void> =>
    refusal ? Promise.reject(refusal) : Promise.resolve();
  const calls: ShareCalls = {
    shares: () =>
      Promise.resolve({
        owner: 'ann',
        owner_id: 'ann',
        access,
        items: [...items],
        next_cursor: null
      }),
    share: async (_id, user, given) => {
      await act();
      items.push(share(user, given));
      return items[items.length - 1];
    },
    endShare: async (_id, user) => {
      await act();
      const at = items.findIndex(one => one.user === (user ?? 'ben'));
      items.splice(at, 1);
    }
  };
  const model = new ShareModel({
    calls,
    find: words =>
      Promise.resolve(
        ['ben', 'cleo'].flatMap(name =>
          name.includes(words) ? [{ id: name, username: name }] : []
        )
      ),
    id: 'one',
    changed: () => {
      changes += 1;
    }
  });
  return { model, changes: () => changes };
}

describe('the shares of an object', () => {
  it('are read, given and ended', async () => {
    const { model, changes } = world();
    await model.load();
    expect(model.isOwner).toBe(true);
    expect(await model.give('cleo', 'view')).toBe(true);
    expect(model.shares?.items.map(one => one.user)).toEqual(['ben', 'cleo']);
    expect(await model.end('ben')).toBe(true);
    expect(model.shares?.items.map(one => one.user)).toEqual(['cleo']);
    expect(changes()).toBe(2);
  });

  it('offers people who have none yet', async () => {
    const { model } = world();
    await model.load();
    await model.find('');
    expect(model.found.map(one => one.username)).toEqual(['cleo']);
  });

  it('says at the field who cannot be named, and other problems beside it', async () => {
    const body = { code: 'invalid', message: 'No.', request_id: 'r' };
    const fields = [
      { path: 'user', code: 'unknown_person', message: 'Nobody.' }
    ];
    const unknown = world('owner', new InvalidError(422, { ...body, fields }));
    await unknown.model.load();
    expect(await unknown.model.give('who', 'view')).toBe(false);
    expect(unknown.model.refusal).toBe('Nobody.');
    expect(unknown.model.error).toBeNull();
    await unknown.model.find('w');
    expect(unknown.model.refusal).toBeNull();

    const other = world('owner', new ForbiddenError(403, body));
    await other.model.load();
    expect(await other.model.end('ben')).toBe(false);
    expect(other.model.error).toBeInstanceOf(ForbiddenError);
    expect(other.model.shares?.items).toHaveLength(1);
  });

  it('is left by who it is shared with', async () => {
    const { model, changes } = world('edit');
    await model.load();
    expect(model.isOwner).toBe(false);
    expect(await model.leave()).toBe(true);
    expect(changes()).toBe(1);
  });
});
