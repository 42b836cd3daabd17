// @vitest-environment node
import { afterEach, describe, expect, it } from 'vitest';

import { QuantLabClient } from '../../api/client';
import type { User } from '../../api/models';
import type { Handler } from '../../api/__tests__/service';
import { refusal, startService } from '../../api/__tests__/service';
import { QuantLabSession } from '../model';

function user(name: string, is_local = false): User {
  return {
    id: name,
    tenant_id: 't',
    tenant_name: name,
    username: name,
    email: null,
    role: 'user',
    tier: 'free',
    is_local
  };
}

function tokens(name: string) {
  return {
    access_token: `token-${name}`,
    token_type: 'Bearer',
    expires_in: 900,
    user: user(name)
  };
}

/** What a browser's storage does. */
function memory() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key)
  };
}

const CONFIG = {
  mode: 'embedded',
  registration: 'open',
  local_account: true,
  local_signed_out: false,
  recovery: false,
  verification: false,
  password_min: 12,
  password_max: 128
};

let close: (() => Promise<void>) | null = null;

afterEach(async () => {
  await close?.();
  close = null;
});

async function page(handler: Handler, storage = memory()) {
  const service = await startService(request =>
    request.path === 'auth/config' ? { json: CONFIG } : handler(request)
  );
  close = service.close;
  const client = new QuantLabClient(service.connection);
  return {
    session: new QuantLabSession(client, storage),
    client,
    storage,
    seen: service.seen
  };
}

describe('session', () => {
  it('is the local account when nobody signed in', async () => {
    const { session, seen } = await page(() => ({
      json: { user: user('root', true) }
    }));
    const people: unknown[] = [];
    session.userChanged.connect((_, now) => people.push(now?.username));
    await Promise.all([session.ready(), session.ready()]);
    expect(session.state).toBe('signed-in');
    expect(people).toEqual(['root']);
    expect(seen.map(request => request.path)).toEqual(['auth/profile']);
  });

  it('comes back after a reload without a second question', async () => {
    const storage = memory();
    const handler: Handler = request =>
      request.path === 'auth/login' || request.path === 'auth/refresh'
        ? { json: tokens('ada') }
        : refusal(401, 'not_signed_in');
    const first = await page(handler, storage);
    await first.session.signIn({ login: 'ada', password: 'x' });
    expect(first.session.user?.username).toBe('ada');
    // The hint holds no secret.
    expect([...storage.kept.values()]).toEqual(['1']);
    const again = new QuantLabSession(first.client, storage);
    first.client.connection.setTokens(null);
    await again.ready();
    expect(again.user?.username).toBe('ada');
    expect(again.accessToken).toBe('token-ada');
  });

  it('falls back when the kept session is over', async () => {
    const storage = memory();
    const { session, client } = await page(
      request =>
        request.path === 'auth/refresh'
          ? refusal(401, 'session_ended')
          : { json: { user: user('root', true) } },
      storage
    );
    storage.setItem(`quantlab:session:${client.connection.apiUrl}`, '1');
    await session.ready();
    expect(session.user?.username).toBe('root');
    expect(storage.kept.size).toBe(0);
  });

  it('says that it ended, and nothing is sent as somebody else', async () => {
    const { session, client, seen } = await page(request =>
      request.path === 'auth/login'
        ? { json: tokens('ada') }
        : refusal(401, 'session_ended')
    );
    await session.signIn({ login: 'ada', password: 'x' });
    await expect(client.projects()).rejects.toMatchObject({ status: 401 });
    await expect.poll(() => session.state).toBe('signed-out');
    expect(session.ended).toBe(true);
    expect(session.user).toBeNull();
    const before = seen.length;
    await expect(client.projects()).rejects.toMatchObject({ status: 401 });
    expect(seen.length).toBe(before);
  });

  it('signs out, stays out, and goes on as the local account when asked', async () => {
    const { session, client, seen } = await page(request => {
      switch (request.path) {
        case 'auth/login':
          return { json: tokens('ada') };
        case 'auth/logout':
          return { status: 204 };
        case 'auth/local':
          return { json: user('root', true) };
        default:
          return { json: { items: [], next_cursor: null } };
      }
    });
    await session.signIn({ login: 'ada', password: 'x' });
    await session.signOut('this');
    expect(session.state).toBe('signed-out');
    expect(session.ended).toBe(false);
    expect(session.accessToken).toBeNull();
    await expect(client.projects()).rejects.toMatchObject({
      code: 'not_signed_in'
    });
    await session.continueAsLocal();
    expect(session.user?.is_local).toBe(true);
    await client.projects();
    expect(seen[seen.length - 1].headers['x-quantlab-session']).toBeUndefined();
  });

  it('does not speak of a session that ended when another request notices the signing out first', async () => {
    let isOver = false;
    const { session, client } = await page(async ({ path }) => {
      if (path === 'auth/login') {
        return { json: tokens('ada') };
      }
      if (path === 'auth/logout') {
        isOver = true;
        // What the page asks for besides is refused before it hears that it is signed out.
        await expect(client.projects()).rejects.toMatchObject({
          code: 'not_signed_in'
        });
        return { status: 204 };
      }
      return isOver
        ? refusal(401, 'not_signed_in')
        : { json: { items: [], next_cursor: null } };
    });
    await session.signIn({ login: 'ada', password: 'x' });
    await session.signOut('this');
    expect(session.state).toBe('signed-out');
    expect(session.ended).toBe(false);
    // A session that ends by itself later is told.
    isOver = false;
    await session.signIn({ login: 'ada', password: 'x' });
    isOver = true;
    await expect(client.projects()).rejects.toMatchObject({
      code: 'not_signed_in'
    });
    expect(session.ended).toBe(true);
  });

  it('stays out when another tab signed out while this one noticed that its session is over', async () => {
    const storage = memory();
    const { session, client } = await page(({ path }) => {
      if (path === 'auth/login') {
        return { json: tokens('ada') };
      }
      if (path === 'auth/refresh') {
        // The other tab marks it before this one has its answer.
        storage.setItem(
          `quantlab:session:${client.connection.apiUrl}`,
          'signed-out'
        );
        return refusal(401, 'not_signed_in');
      }
      return path === 'workflows'
        ? refusal(401, 'not_signed_in')
        : { json: { user: user('root', true) } };
    }, storage);
    await session.signIn({ login: 'ada', password: 'x' });
    await expect(client.workflows.list()).rejects.toThrow();
    expect([...storage.kept.values()]).toEqual(['signed-out']);
    // What the other tab's message leads to.
    await session.refresh();
    expect(session.state).toBe('signed-out');
    expect(session.user).toBeNull();
  });

  it('keeps its tokens when only other sessions end', async () => {
    const { session } = await page(request =>
      request.path === 'auth/login' ? { json: tokens('ada') } : { status: 204 }
    );
    await session.signIn({ login: 'ada', password: 'x' });
    await session.signOut('others');
    expect(session.user?.username).toBe('ada');
    expect(session.accessToken).toBe('token-ada');
  });

  it('asks again after an outage', async () => {
    let up = false;
    const { session } = await page(() =>
      up ? { json: { user: user('root', true) } } : refusal(503, 'unavailable')
    );
    await session.ready();
    expect(session.state).toBe('unreachable');
    up = true;
    await session.ready();
    expect(session.state).toBe('signed-in');
  });

  it('knows what the forms may offer once one is about to be shown', async () => {
    const { session, seen } = await page(() => ({
      json: { user: user('root', true) }
    }));
    await session.ready();
    expect(session.config).toBeNull();
    let told = 0;
    session.changed.connect(() => (told += 1));
    await Promise.all([session.askConfig(), session.askConfig()]);
    await session.askConfig();
    expect(session.config).toMatchObject({ local_account: true });
    expect(told).toBe(1);
    expect(seen.filter(({ path }) => path === 'auth/config')).toHaveLength(1);
  });

  it('outlives its access token when it is asked who is here', async () => {
    const { session } = await page(({ path, headers }) => {
      if (path === 'auth/login') {
        return { json: tokens('ada') };
      }
      if (path === 'auth/refresh') {
        return { json: { ...tokens('ada'), access_token: 'fresh' } };
      }
      return headers['x-quantlab-session'] === 'fresh'
        ? { json: { user: user('ada') } }
        : refusal(401, 'token_expired');
    });
    await session.signIn({ login: 'ada', password: 'x' });
    const people: unknown[] = [];
    session.userChanged.connect((_, now) => people.push(now));
    await session.refresh();
    expect(session.state).toBe('signed-in');
    expect(session.accessToken).toBe('fresh');
    expect(people).toEqual([]);
  });

  it('is of who signed in, whatever an earlier question is answered', async () => {
    let answer!: () => void;
    const asked = new Promise<void>(resolve => (answer = resolve));
    const { session } = await page(async ({ path }) => {
      if (path === 'auth/login') {
        return { json: tokens('ada') };
      }
      await asked;
      return { json: { user: user('root', true) } };
    });
    const ready = session.ready();
    await session.signIn({ login: 'ada', password: 'x' });
    answer();
    await ready;
    expect(session.user?.username).toBe('ada');
  });

  it('keeps saying that it ended, however many requests find it out', async () => {
    const { session, client } = await page(({ path }) =>
      path === 'auth/login'
        ? { json: tokens('ada') }
        : refusal(401, 'session_ended')
    );
    await session.signIn({ login: 'ada', password: 'x' });
    await expect(client.projects()).rejects.toMatchObject({ status: 401 });
    await expect.poll(() => session.state).toBe('signed-out');
    client.connection.locked = false;
    await expect(client.projects()).rejects.toMatchObject({ status: 401 });
    expect(session.ended).toBe(true);
  });

  it('sends nothing of one person as the one whom another tab signed in', async () => {
    const channel = new BroadcastChannel('session-test');
    const storage = memory();
    let who = 'ada';
    const service = await startService(({ path }) =>
      path.startsWith('auth/')
        ? { json: tokens(who) }
        : { json: { items: [], next_cursor: null } }
    );
    close = service.close;
    const client = new QuantLabClient(service.connection);
    const session = new QuantLabSession(client, storage, channel);
    try {
      await session.signIn({ login: 'ada', password: 'x' });
      who = 'bea';
      channel.onmessage?.(new MessageEvent('message', { data: 'changed' }));
      // Composed while the page still shows Ada.
      await expect(client.projects()).rejects.toMatchObject({
        code: 'person_changed'
      });
      expect(session.user?.username).toBe('bea');
      await client.projects();
    } finally {
      channel.close();
    }
  });

  it('goes on as the local account without the token of the person before', async () => {
    const { session, seen } = await page(({ path }) =>
      path === 'auth/login'
        ? { json: tokens('ada') }
        : { json: user('root', true) }
    );
    await session.signIn({ login: 'ada', password: 'x' });
    await session.continueAsLocal();
    const asked = seen.find(({ path }) => path === 'auth/local');
    expect(asked?.headers['x-quantlab-session']).toBeUndefined();
  });
});
