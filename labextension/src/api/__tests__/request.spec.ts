// @vitest-environment node
import { afterEach, describe, expect, it, vi } from 'vitest';

import { QuantLabClient } from '../client';
import {
  BusyError,
  ConflictError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  NotSignedInError,
  StaleError,
  UnreachableError,
  isAborted
} from '../errors';
import type { Tokens, User } from '../models';
import { draftTag, tagNumber, versionTag } from '../request';
import type { Handler, IReply } from './service';
import { refusal, startService } from './service';

const USER: User = {
  id: 'u1',
  tenant_id: 't1',
  tenant_name: 'Ada',
  username: 'ada',
  email: 'ada@example.org',
  role: 'user',
  tier: 'free',
  is_local: false
};

function tokens(access: string, expires = 900, user = USER): Tokens {
  return {
    access_token: access,
    token_type: 'Bearer',
    expires_in: expires,
    user
  };
}

const BEA: User = { ...USER, id: 'u2', username: 'bea' };

/** An answer that the test gives when it is time. */
function held(): { answer: Promise<IReply>; give: (reply: IReply) => void } {
  let give!: (reply: IReply) => void;
  const answer = new Promise<IReply>(resolve => (give = resolve));
  return { answer, give };
}

let close: (() => Promise<void>) | null = null;

async function service(handler: Handler) {
  const started = await startService(handler);
  close = started.close;
  return started;
}

afterEach(async () => {
  await close?.();
  close = null;
});

describe('errors', () => {
  const cases = [
    [400, InvalidError],
    [401, NotSignedInError],
    [403, ForbiddenError],
    [404, NotFoundError],
    [409, ConflictError],
    [412, StaleError],
    [413, InvalidError],
    [415, InvalidError],
    [422, InvalidError],
    [428, InvalidError],
    [429, BusyError],
    [503, BusyError]
  ] as const;
  it.each(cases)('%i becomes its class', async (status, type) => {
    const { connection } = await service(() => refusal(status, 'some_code'));
    const failed = await connection.request('x').catch((e: unknown) => e);
    expect(failed).toBeInstanceOf(type);
    expect(failed).toMatchObject({
      status,
      code: 'some_code',
      requestId: 'r-1',
      message: 'no: some_code'
    });
  });

  it('carry the fields, the stored object and the waiting time', async () => {
    const { connection } = await service(request =>
      request.path === 'fields'
        ? refusal(422, 'invalid', {
            fields: [{ path: 'name', code: 'too_long', message: 'Shorter.' }]
          })
        : request.path === 'stale'
          ? refusal(412, 'version_conflict', { current: { version: 7 } })
          : { ...refusal(429, 'slow_down'), headers: { 'Retry-After': '3' } }
    );
    const invalid = await connection.request('fields').catch((e: unknown) => e);
    expect((invalid as InvalidError).field('name')).toBe('Shorter.');
    expect((invalid as InvalidError).field('code')).toBeNull();
    const stale = await connection.request('stale').catch((e: unknown) => e);
    expect((stale as StaleError).current).toEqual({ version: 7 });
    const busy = await connection.request('busy').catch((e: unknown) => e);
    expect((busy as BusyError).retryAfter).toBe(3);
  });

  it('of something in between are named by their status', async () => {
    const { connection } = await service(request =>
      request.path === 'html'
        ? { status: 502, text: '<html>Bad gateway</html>' }
        : { status: 200, text: '<html>Log in</html>' }
    );
    const gateway = await connection.request('html').catch((e: unknown) => e);
    expect(gateway).toMatchObject({ status: 502, code: 'http_502' });
    await expect(connection.request('page')).rejects.toBeInstanceOf(
      UnreachableError
    );
  });

  it('tell a dead service from a request that was given up', async () => {
    const started = await service(() => new Promise(() => undefined));
    const stop = new AbortController();
    const waiting = started.connection.request('slow', { signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    const reason = await waiting.catch((e: unknown) => e);
    expect(isAborted(reason)).toBe(true);
    const gone = await startService(() => ({}));
    await gone.close();
    const dead = await gone.connection.request('x').catch((e: unknown) => e);
    expect(dead).toBeInstanceOf(UnreachableError);
    close = null;
  });
});

describe('the access token', () => {
  it('is sent, renewed once for many requests that meet its end, and the requests are sent again', async () => {
    let valid = 'old';
    let renewals = 0;
    const { connection, seen } = await service(async request => {
      if (request.path === 'auth/refresh') {
        renewals += 1;
        await new Promise(done => setTimeout(done, 20));
        valid = 'new';
        return { json: tokens('new') };
      }
      return request.headers['x-quantlab-session'] === valid && valid === 'new'
        ? { json: { ok: request.path } }
        : refusal(401, 'token_expired');
    });
    connection.setTokens(tokens('old'));
    const answers = await Promise.all(
      ['a', 'b', 'c'].map(path => connection.request(path))
    );
    expect(answers.map(answer => answer.data)).toEqual([
      { ok: 'a' },
      { ok: 'b' },
      { ok: 'c' }
    ]);
    expect(renewals).toBe(1);
    expect(seen.filter(request => request.path === 'a')).toHaveLength(2);
  });

  it('is renewed ahead of its end', async () => {
    const { connection, seen } = await service(request =>
      request.path === 'auth/refresh'
        ? { json: tokens('new') }
        : { json: request.headers['x-quantlab-session'] }
    );
    connection.setTokens(tokens('old', 5));
    expect((await connection.request('a')).data).toBe('new');
    expect(seen.map(request => request.path)).toEqual(['auth/refresh', 'a']);
  });

  it('ends the session when it cannot be renewed, and nothing reaches the local account', async () => {
    const { connection, seen } = await service(() =>
      refusal(401, 'session_ended')
    );
    const ended: string[] = [];
    connection.signedOut.connect((_, error) => ended.push(error.code));
    connection.setTokens(tokens('old'));
    await expect(connection.request('a')).rejects.toBeInstanceOf(
      NotSignedInError
    );
    expect(ended).toEqual(['session_ended']);
    const before = seen.length;
    await expect(connection.request('b')).rejects.toMatchObject({
      code: 'not_signed_in'
    });
    expect(seen).toHaveLength(before);
  });

  it('survives a renewal that met a dead service', async () => {
    let up = false;
    const { connection } = await service(request =>
      request.path === 'auth/refresh' && up
        ? { json: tokens('new') }
        : up
          ? { json: 1 }
          : refusal(503, 'unavailable')
    );
    connection.setTokens(tokens('old', 5));
    await expect(connection.request('a')).rejects.toBeInstanceOf(BusyError);
    expect(connection.accessToken).toBe('old');
    up = true;
    expect((await connection.request('a')).data).toBe(1);
  });
});

describe('a request', () => {
  it('meant for one person is not sent as the one whom another tab signed in', async () => {
    const { connection, seen } = await service(({ path }) =>
      path === 'auth/refresh'
        ? { json: tokens('of-bea', 900, BEA) }
        : { json: path }
    );
    connection.setTokens(tokens('of-ada', 5));
    await expect(connection.request('a')).rejects.toMatchObject({
      code: 'person_changed'
    });
    expect(seen.map(request => request.path)).toEqual(['auth/refresh']);
    // What is asked for from now on is hers.
    expect((await connection.request('b')).data).toBe('b');
  });

  it('is not sent again as somebody else after its token was refused', async () => {
    const { connection, seen } = await service(({ path }) =>
      path === 'auth/refresh'
        ? { json: tokens('of-bea', 900, BEA) }
        : refusal(401, 'token_expired')
    );
    connection.setTokens(tokens('of-ada'));
    await expect(
      connection.request('a', { method: 'POST', json: {} })
    ).rejects.toMatchObject({ code: 'person_changed' });
    expect(seen.map(request => request.path)).toEqual(['a', 'auth/refresh']);
  });

  it('is not sent as whoever proved who they are meanwhile', async () => {
    const { connection, seen } = await service(() =>
      refusal(403, 'step_up_required')
    );
    connection.setTokens(tokens('of-ada'));
    connection.confirm = () => {
      connection.setTokens(tokens('of-bea', 900, BEA));
      return Promise.resolve(true);
    };
    await expect(connection.send('a')).rejects.toMatchObject({
      code: 'person_changed'
    });
    expect(seen).toHaveLength(1);
  });

  it('has an end where others wait for it, and a write has not', async () => {
    const limit = new AbortController();
    const limits: number[] = [];
    const timeout = vi
      .spyOn(AbortSignal, 'timeout')
      .mockImplementation(milliseconds => {
        limits.push(milliseconds);
        return limit.signal;
      });
    try {
      const { connection } = await service(({ method, path }) =>
        path === 'auth/refresh' && method === 'POST'
          ? new Promise(() => undefined)
          : { json: 1 }
      );
      await connection.request('a', { method: 'POST' });
      expect(limits).toEqual([]);
      await connection.request('a', { method: 'POST', ofSession: true });
      const renewal = connection.renew().catch((e: unknown) => e);
      expect(limits).toEqual([60_000, 25_000]);
      limit.abort();
      expect(await renewal).toBeInstanceOf(UnreachableError);
    } finally {
      timeout.mockRestore();
    }
  });

  it('whose answer breaks off met an unreachable service', async () => {
    const { connection } = await service(() => ({
      text: '{"a": 1',
      headers: { 'Content-Length': '100' },
      isCut: true
    }));
    for (const answer of ['json', 'blob'] as const) {
      await expect(connection.request('x', { answer })).rejects.toBeInstanceOf(
        UnreachableError
      );
    }
  });
});

describe('a renewal under way', () => {
  it('does not bring back who signed out', async () => {
    const { answer, give } = held();
    const { connection } = await service(() => answer);
    connection.setTokens(tokens('old'));
    const told: string[] = [];
    connection.renewed.connect((_, { access_token }) =>
      told.push(access_token)
    );
    connection.signedOut.connect(() => told.push('signed out'));
    const renewal = connection.renewOrReport().catch((e: unknown) => e);
    connection.setTokens(null);
    give({ json: tokens('late') });
    expect(await renewal).toBeInstanceOf(NotSignedInError);
    expect(connection.accessToken).toBeNull();
    expect(told).toEqual([]);
  });

  it('does not end the session that was begun meanwhile', async () => {
    const { answer, give } = held();
    const { connection } = await service(() => answer);
    connection.setTokens(tokens('old'));
    const renewal = connection.renewOrReport();
    connection.setTokens(tokens('next'));
    give(refusal(401, 'session_ended'));
    await renewal;
    expect(connection.accessToken).toBe('next');
  });
});

describe('the client', () => {
  it('names versions and revisions as ETags', async () => {
    const { connection, seen } = await service(() => ({
      json: { revision: 4 },
      headers: { ETag: '"d4"' }
    }));
    const client = new QuantLabClient(connection);
    await client.workflows.save('w', { code: 'x' }, 3);
    await client.workflows.putDraft(
      'w',
      { base_version: 3, content: 'x' },
      null
    );
    await client.workflows.putDraft('w', { base_version: 3, content: 'y' }, 4);
    expect(seen.map(request => request.headers['if-match'])).toEqual([
      '"3"',
      undefined,
      '"d4"'
    ]);
    expect(seen[1].headers['if-none-match']).toBe('*');
    expect(tagNumber(draftTag(4))).toBe(4);
    expect(tagNumber(versionTag(12))).toBe(12);
    expect(tagNumber('"other"')).toBeNull();
  });

  it('leaves out what does not narrow, and encodes what does', async () => {
    const { connection, seen } = await service(() => ({
      json: { items: [], next_cursor: null }
    }));
    await new QuantLabClient(connection).workflows.list({
      q: 'a&b=ü',
      tag: undefined,
      limit: 5
    });
    expect(seen[0].path).toBe('workflows?q=a%26b%3D%C3%BC&limit=5');
  });

  it('gives each creation a key of its own', async () => {
    const { connection, seen } = await service(() => ({
      status: 201,
      json: {}
    }));
    const client = new QuantLabClient(connection);
    await client.createProject({ name: 'a' });
    await client.createProject({ name: 'a' });
    const keys = seen.map(request => request.headers['idempotency-key']);
    expect(keys[0]).toBeTruthy();
    expect(keys[0]).not.toBe(keys[1]);
  });
});

describe('step-up', () => {
  it('asks the person once for all requests that need it, and sends them once more', async () => {
    let proved = false;
    const { connection, seen } = await service(request =>
      proved ? { json: { ok: request.path } } : refusal(403, 'step_up_required')
    );
    let asked = 0;
    connection.confirm = async () => {
      asked += 1;
      await new Promise(done => setTimeout(done, 20));
      proved = true;
      return true;
    };
    const answers = await Promise.all(
      ['a', 'b'].map(path => connection.send(path))
    );
    expect(answers).toEqual([{ ok: 'a' }, { ok: 'b' }]);
    expect(asked).toBe(1);
    expect(seen).toHaveLength(4);
  });

  it('leaves everything as it is when the person does not want to', async () => {
    const { connection, seen } = await service(() =>
      refusal(403, 'step_up_required')
    );
    await expect(connection.send('a')).rejects.toMatchObject({
      code: 'step_up_required'
    });
    expect(seen).toHaveLength(1);
  });

  it('is asked for once a request, whatever the service then says', async () => {
    const { connection, seen } = await service(() =>
      refusal(403, 'step_up_required')
    );
    connection.confirm = () => Promise.resolve(true);
    await expect(connection.send('a')).rejects.toMatchObject({
      code: 'step_up_required'
    });
    expect(seen).toHaveLength(2);
  });
});
