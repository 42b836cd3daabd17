// @vitest-environment node
import { afterEach, describe, expect, it } from 'vitest';

import { AdminClient } from '../../admin/client';
import type { User } from '../models';
import type { Handler, IReply } from './service';
import { startService } from './service';

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

const OFF: IReply = {
  status: 503,
  json: {
    error: {
      code: 'maintenance',
      message: 'Off.',
      request_id: 'r',
      reason: 'New disks.'
    }
  }
};

function tokens(expires: number) {
  return {
    access_token: 'access',
    token_type: 'Bearer' as const,
    expires_in: expires,
    user: USER
  };
}

let close: (() => Promise<void>) | null = null;

afterEach(async () => {
  await close?.();
  close = null;
});

/** A service with access off, and a page whose user signed in `expires` seconds ago less the token's life. */
async function closed(answer: Handler, expires = 900) {
  let isOff = true;
  const { connection, ...rest } = await startService(request =>
    isOff ? OFF : answer(request)
  );
  close = rest.close;
  connection.setTokens(tokens(expires));
  const reasons: (string | null)[] = [];
  connection.maintenance.changed.connect(one => reasons.push(one.reason));
  return { connection, reasons, open: () => (isOff = false) };
}

describe('maintenance', () => {
  it('ends with the first answer to what was refused', async () => {
    const { connection, reasons, open } = await closed(() => ({ json: 1 }));
    await expect(connection.request('a')).rejects.toThrow();
    await expect(connection.request('b')).rejects.toThrow();
    expect(reasons).toEqual(['New disks.']);
    open();
    await connection.request('admin/users');
    expect(reasons).toEqual(['New disks.']);
    await connection.request('a');
    expect(reasons).toEqual(['New disks.', null]);
  });

  it('that outlasted the access token ends with the first answer too', async () => {
    const { connection, reasons, open } = await closed(
      ({ path }) =>
        path === 'auth/refresh' ? { json: tokens(900) } : { json: 1 },
      5
    );
    await expect(connection.request('a')).rejects.toThrow();
    expect(reasons).toEqual(['New disks.']);
    open();
    await connection.request('auth/profile');
    expect(reasons).toEqual(['New disks.', null]);
  });

  it('is over for who signs in after it', async () => {
    const { connection, reasons, open } = await closed(() => ({
      json: tokens(900)
    }));
    const logIn = () =>
      connection.request('auth/login', {
        method: 'POST',
        json: {},
        ofSession: true
      });
    await expect(logIn()).rejects.toThrow();
    open();
    await logIn();
    expect(reasons).toEqual(['New disks.', null]);
  });

  it('goes on while who may read was refused to write', async () => {
    const { connection, reasons, open } = await closed(() => ({ json: 1 }));
    const write = () => connection.request('a', { method: 'POST', json: {} });
    await expect(write()).rejects.toThrow();
    open();
    await connection.request('a');
    await connection.request('auth/refresh', { method: 'POST' });
    expect(reasons).toEqual(['New disks.']);
    await write();
    expect(reasons).toEqual(['New disks.', null]);
  });

  it('is over for the operator who ends it', async () => {
    const on = { access: { on: true }, trading: { on: false } };
    const off = { access: { on: false }, trading: { on: false } };
    const answers = [on, off];
    const { connection, reasons, open } = await closed(() => ({
      json: answers.shift()
    }));
    await expect(
      connection.request('a', { method: 'POST', json: {} })
    ).rejects.toThrow();
    open();
    const admin = new AdminClient(connection);
    await admin.turn({ target: 'trading', on: false, reason: '' });
    expect(reasons).toEqual(['New disks.']);
    await admin.turn({ target: 'access', on: false, reason: '' });
    expect(reasons).toEqual(['New disks.', null]);
  });
});
