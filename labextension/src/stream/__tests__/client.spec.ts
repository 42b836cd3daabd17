import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { NotSignedInError } from '../../api/errors';
import type { ApiConnection } from '../../api/request';
import { followLibrary } from '../../library/follow';
import type {
  IQuantLabLibrary,
  IStreamMessage,
  LibraryChange
} from '../../tokens';
import { StreamClient, findBrowser } from '../client';
import { DeferredStream } from '../deferred';
import { Line, Session, TOKENS, makeConnection } from './line';

let connection: ApiConnection;
let session: Session;
let client: StreamClient;
let heard: IStreamMessage[];

/** Let promises and timers that are due run. */
async function pass(milliseconds = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}

function listen(topic = 'library'): { dispose: () => void } {
  return client.listen(topic, message => heard.push(message));
}

beforeEach(() => {
  vi.useFakeTimers();
  Line.opened = [];
  heard = [];
  connection = makeConnection();
  session = new Session();
  client = new StreamClient(connection, session.asSession, null);
});

afterEach(() => {
  client.dispose();
  vi.useRealTimers();
});

describe('StreamClient', () => {
  it('connects with the first listener, once for all, and says who it is first', async () => {
    expect(Line.opened).toHaveLength(0);
    listen();
    listen('quotes:SAMPLE:IBM');
    await pass();
    expect(Line.opened.map(line => line.url)).toEqual([
      'ws://127.0.0.1:1/base/quantlab/api/stream'
    ]);
    Line.last.accept();
    expect(Line.last.said).toEqual([
      { type: 'auth', token: 'a-token' },
      { type: 'subscribe', topics: ['library', 'quotes:SAMPLE:IBM'] }
    ]);
    Line.last.hear({ type: 'event', topic: 'library', id: '1' });
    Line.last.hear({ type: 'subscribed', topics: ['library'] });
    expect(heard).toEqual([
      { type: 'event', topic: 'library', id: '1' },
      { type: 'subscribed', topic: 'library' }
    ]);
  });

  it('says from when on everything is told, also to those who come later', async () => {
    listen();
    await pass();
    Line.last.accept();
    const early: IStreamMessage[] = [];
    client.listen('library', message => early.push(message));
    await pass();
    expect(early).toEqual([]);
    Line.last.hear({ type: 'subscribed', topics: ['library'] });
    expect(early).toEqual([{ type: 'subscribed', topic: 'library' }]);

    const late: IStreamMessage[] = [];
    client.listen('library', message => late.push(message));
    client.listen('library', message => late.push(message)).dispose();
    await pass();
    expect(late).toEqual([{ type: 'subscribed', topic: 'library' }]);
    expect(early).toHaveLength(1);
  });

  it('subscribes and unsubscribes while it is connected, and closes with the last', async () => {
    const library = listen();
    await pass();
    Line.last.accept();
    const one = listen('quotes:SAMPLE:IBM');
    const two = listen('quotes:SAMPLE:IBM');
    one.dispose();
    two.dispose();
    expect(Line.last.said.slice(2)).toEqual([
      { type: 'subscribe', topics: ['quotes:SAMPLE:IBM'] },
      { type: 'unsubscribe', topics: ['quotes:SAMPLE:IBM'] }
    ]);
    expect(Line.last.closed).toBe(false);
    library.dispose();
    expect(Line.last.closed).toBe(true);
  });

  it('connects again after longer and longer pauses, and says that something may be missed', async () => {
    listen();
    await pass();
    Line.last.accept();
    for (let lost = 1; lost <= 12; lost++) {
      Line.last.lose(1006);
      await pass(60_000);
      expect(Line.opened).toHaveLength(lost + 1);
    }
    expect(heard).toEqual([]);
    Line.last.lose(4503);
    await pass(20_000);
    expect(Line.opened).toHaveLength(13);
    await pass(40_000);
    Line.last.accept();
    expect(Line.last.said).toHaveLength(2);
    // What is read once the service listens again has everything.
    expect(heard).toEqual([]);
    Line.last.hear({ type: 'subscribed', topics: ['library'] });
    expect(heard).toEqual([{ type: 'missed', topic: 'library' }]);
    // It worked: the next pause is short again.
    Line.last.lose(1006);
    await pass(1_000);
    expect(Line.opened).toHaveLength(15);
  });

  it('asks for what was told meanwhile, and reads anew what nobody knows any more', async () => {
    const resume = (point: string, reset = false): void =>
      Line.last.hear({ type: 'resume', topic: 'library', point, reset });
    listen();
    listen('q');
    await pass();
    Line.last.accept();
    Line.last.hear({ type: 'subscribed', topics: ['library', 'q'] });
    resume('a.1');
    Line.last.hear({ type: 'event', topic: 'library', id: '2' });
    resume('a.2');
    Line.last.lose(1006);
    await pass(1_000);
    Line.last.accept();
    expect(Line.last.said[1]).toEqual({
      type: 'subscribe',
      topics: ['library', 'q'],
      resume: { library: 'a.2' }
    });
    Line.last.hear({ type: 'subscribed', topics: ['library', 'q'] });
    Line.last.hear({ type: 'event', topic: 'library', id: '3' });
    resume('a.3');
    const told = heard.map(({ type, topic, id }) => [type, topic, id]);
    expect(told).toEqual([
      ['subscribed', 'library', undefined],
      ['subscribed', 'q', undefined],
      ['event', 'library', '2'],
      ['missed', 'q', undefined],
      ['event', 'library', '3']
    ]);
    Line.last.lose(1006);
    await pass(1_000);
    Line.last.accept();
    heard.length = 0;
    Line.last.hear({ type: 'subscribed', topics: ['library'] });
    expect(heard).toEqual([]);
    resume('b.0', true);
    expect(heard).toEqual([{ type: 'missed', topic: 'library' }]);
  });

  it('waits long when there are too many, and for another person when it is forbidden', async () => {
    listen();
    await pass();
    Line.last.accept();
    Line.last.lose(4429);
    await pass(59_000);
    expect(Line.opened).toHaveLength(1);
    await pass(1_000);
    expect(Line.opened).toHaveLength(2);
    Line.last.lose(4403);
    await pass(3_600_000);
    expect(Line.opened).toHaveLength(2);
    connection.setTokens({ ...TOKENS, access_token: 'another' });
    session.userChanged.emit(null);
    await pass();
    expect(Line.opened).toHaveLength(3);
    Line.last.accept();
    expect(Line.last.said[0]).toEqual({ type: 'auth', token: 'another' });
  });

  it('has another token where its own is refused, and says so when there is none', async () => {
    let renewals = 0;
    connection.renew = () => {
      renewals += 1;
      connection.replaceTokens({ ...TOKENS, access_token: `n${renewals}` });
      return Promise.resolve();
    };
    listen();
    await pass();
    Line.last.accept();
    Line.last.lose(4401);
    await pass(1_000);
    expect(renewals).toBe(1);
    Line.last.accept();
    expect(Line.last.said[0]).toEqual({ type: 'auth', token: 'n1' });
    // Its token was replaced already, by a change of the password: connecting again is enough.
    connection.setTokens({ ...TOKENS, access_token: 'after' });
    Line.last.lose(4401);
    await pass(1_000);
    expect(renewals).toBe(1);
    Line.last.accept();
    expect(Line.last.said[0]).toEqual({ type: 'auth', token: 'after' });
    const refused = new NotSignedInError(401, {
      code: 'session_ended',
      message: 'Your session has ended.',
      request_id: ''
    });
    connection.renew = () => Promise.reject(refused);
    const told: unknown[] = [];
    connection.signedOut.connect((_, error) => told.push(error));
    Line.last.lose(4401);
    await pass();
    expect(told).toEqual([refused]);
    expect(connection.locked).toBe(true);
  });

  it('asks for a new token before the identity ends, and says it', async () => {
    let asked = 0;
    connection.renew = () => {
      asked += 1;
      connection.replaceTokens({ ...TOKENS, access_token: 'fresh' });
      return Promise.resolve();
    };
    listen();
    await pass();
    Line.last.accept(900_000);
    await pass(809_000);
    expect(asked).toBe(0);
    await pass(2_000);
    expect(asked).toBe(1);
    expect(Line.last.said.slice(2)).toEqual([{ type: 'auth', token: 'fresh' }]);
  });

  it('says nothing for a person who has signed out', async () => {
    listen();
    await pass();
    Line.last.accept();
    session.state = 'signed-out';
    session.userChanged.emit(null);
    await pass(600_000);
    expect(Line.opened).toHaveLength(1);
    expect(Line.last.closed).toBe(true);
  });
});

describe('a browser without locks', () => {
  it('gives each page a connection of its own', async () => {
    // As in this environment, and on plain http from another machine.
    expect(findBrowser()).toBe(null);
    const second = new StreamClient(connection, session.asSession, null);
    listen();
    second.listen('library', message => heard.push(message));
    await pass();
    expect(Line.open).toHaveLength(2);
    second.dispose();
    expect(Line.open).toHaveLength(1);
  });

  it('never passes on what another person is told', async () => {
    listen();
    await pass();
    Line.last.accept(null, 'bob');
    expect(Line.last.said.slice(1)).toEqual([]);
    expect(Line.open).toEqual([]);
    expect(client.state).toBe('refused');
  });
});

describe('DeferredStream', () => {
  it('loads with the first listener, and not for one who has gone', async () => {
    let loads = 0;
    const deferred = new DeferredStream(() => {
      loads += 1;
      return Promise.resolve(client);
    });
    expect(loads).toBe(0);
    deferred.listen('library', message => heard.push(message)).dispose();
    await pass();
    expect(Line.opened).toHaveLength(0);
    const handle = deferred.listen('library', message => heard.push(message));
    await pass();
    expect(loads).toBe(1);
    const states: string[] = [];
    deferred.stateChanged.connect((_, state) => states.push(state));
    Line.last.accept();
    expect(states).toEqual(['connected']);
    expect(deferred.state).toBe('connected');
    Line.last.hear({ type: 'event', topic: 'library' });
    expect(heard).toHaveLength(1);
    handle.dispose();
    expect(Line.last.closed).toBe(true);
  });
});

describe('followLibrary', () => {
  it('has the library look once for events that come together', async () => {
    const changes: LibraryChange[] = [];
    const library = {
      notify: (change: LibraryChange) => changes.push(change)
    } as unknown as IQuantLabLibrary;
    followLibrary(client, library);
    await pass();
    Line.last.accept();
    Line.last.hear({ type: 'event', topic: 'library', id: '1' });
    Line.last.hear({ type: 'event', topic: 'library', id: '2' });
    Line.last.hear({ type: 'error', topic: 'library' });
    expect(changes).toEqual([]);
    await pass(1_000);
    expect(changes).toEqual([{ type: 'unknown' }]);
  });
});
