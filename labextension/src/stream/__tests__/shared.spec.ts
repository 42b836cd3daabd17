// @vitest-environment node
// Locks and channels are node's own: they do what a browser's do.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { IStreamMessage } from '../../tokens';
import { StreamClient } from '../client';
import { Line, Session, makeConnection } from './line';

const NAME = 'quantlab.stream.1:http://127.0.0.1:1/base/quantlab/api:ada';
const ASK = 10_000;

/** A page of the browser. */
class Page {
  constructor(id: string | null = 'ada') {
    this.session = new Session(id);
    this.client = new StreamClient(this.connection, this.session.asSession, {
      locks: navigator.locks,
      openChannel: name => new BroadcastChannel(name),
      isHidden: () => this.isHidden
    });
  }

  listen(topic: string): { dispose: () => void } {
    return this.client.listen(topic, message => this.heard.push(message));
  }

  isHidden = false;
  readonly connection = makeConnection();
  readonly session: Session;
  readonly client: StreamClient;
  readonly heard: IStreamMessage[] = [];
}

/** A page that only the test moves: it does not say goodbye. */
class Ghost {
  constructor(readonly id: string) {
    this.channel.onmessage = event => this.heard.push(event.data as object);
  }

  async hold(name: string): Promise<void> {
    await new Promise<void>(held => {
      const hold = (): Promise<void> => {
        held();
        return new Promise(resolve => this._letGo.push(resolve));
      };
      // Rejects when a page takes the lock away.
      navigator.locks.request(name, hold).catch(() => undefined);
    });
  }

  say(word: object): void {
    this.channel.postMessage({ page: this.id, ...word });
  }

  /** The browser ends the page. */
  crash(): void {
    this.channel.close();
    this._letGo.forEach(letGo => letGo());
  }

  readonly channel = new BroadcastChannel(NAME);
  readonly heard: object[] = [];
  private readonly _letGo: (() => void)[] = [];
}

let pages: Page[];
let ghost: Ghost;

function open(id: string | null = 'ada'): Page {
  const page = new Page(id);
  pages.push(page);
  return page;
}

/** Let channels and locks do their work until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await new Promise(resolve => setImmediate(resolve));
  }
}

/** Until whatever was said before has arrived everywhere: a word of the test's own makes the round behind it. */
async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const [one, two] = [new BroadcastChannel(NAME), new BroadcastChannel(NAME)];
    let hasArrived = false;
    two.onmessage = event =>
      (hasArrived ||= (event.data as { type: string }).type === 'fence');
    one.postMessage({ type: 'fence', to: 'nobody' });
    await until(() => hasArrived);
    one.close();
    two.close();
  }
}

/** Two pages that listen to the library, the first of which leads and is connected. */
async function twoPages(): Promise<[Page, Page]> {
  const leader = open();
  leader.listen('library');
  await until(() => Line.opened.length === 1);
  Line.last.accept();
  const member = open();
  member.listen('library');
  await until(() => member.client.state === 'connected');
  return [leader, member];
}

const event = (id: string): object => ({ type: 'event', topic: 'library', id });
const price = (id: string): object => ({ type: 'quotes', topic: 'q', id });
const ids = (page: Page): unknown[] =>
  page.heard.map(message => message.id ?? message.type);

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval']
  });
  Line.opened = [];
  pages = [];
  ghost = new Ghost('ghost');
});

afterEach(() => {
  pages.forEach(page => page.client.dispose());
  ghost.crash();
  vi.useRealTimers();
});

describe('pages of one person', () => {
  it('have one connection, and all of them hear', async () => {
    const [leader, member] = await twoPages();
    Line.last.hear(event('1'));
    await until(() => member.heard.length === 1);
    expect(ids(leader)).toEqual(['1']);
    expect(ids(member)).toEqual(['1']);
    expect(Line.opened).toHaveLength(1);
    const words = JSON.stringify(ghost.heard);
    expect(words).toContain('told');
    expect(words).not.toContain('a-token');
  });

  it('listen to what all together want, and to no more', async () => {
    const [, member] = await twoPages();
    const quotes = member.listen('q');
    await until(() => Line.last.saidOfTopics.length === 2);
    const third = open();
    third.listen('r');
    await until(() => Line.last.saidOfTopics.length === 3);
    quotes.dispose();
    await until(() => Line.last.saidOfTopics.length === 4);
    third.client.dispose();
    await until(() => Line.last.saidOfTopics.length === 5);
    expect(Line.last.saidOfTopics).toEqual([
      { type: 'subscribe', topics: ['library'] },
      { type: 'subscribe', topics: ['q'] },
      { type: 'subscribe', topics: ['r'] },
      { type: 'unsubscribe', topics: ['q'] },
      { type: 'unsubscribe', topics: ['r'] }
    ]);
    expect(Line.opened).toHaveLength(1);
  });

  it('lose the wishes of a page that has crashed', async () => {
    await twoPages();
    await ghost.hold(`${NAME}:ghost`);
    ghost.say({ type: 'want', topics: ['q'] });
    await until(() => Line.last.saidOfTopics.length === 2);
    ghost.crash();
    await until(() => Line.last.saidOfTopics.length === 3);
    expect(Line.last.saidOfTopics[2]).toEqual({
      type: 'unsubscribe',
      topics: ['q']
    });
  });

  it('are told the last price at once, though the service said it before', async () => {
    const [leader, member] = await twoPages();
    leader.listen('q');
    Line.last.hear(price('1'));
    Line.last.hear(price('2'));
    await settle();
    // Prices go to those who want them.
    expect(JSON.stringify(ghost.heard)).not.toContain('quotes');
    member.listen('q');
    await until(() => member.heard.length === 1);
    Line.last.hear(price('3'));
    await until(() => member.heard.length === 2);
    expect(ids(leader)).toEqual(['1', '2', '3']);
    expect(ids(member)).toEqual(['2', '3']);
  });

  it('are told from when on they hear everything, though the service said it before', async () => {
    const [leader, member] = await twoPages();
    Line.last.hear({ type: 'subscribed', topics: ['library'] });
    await until(() => member.heard.length === 1);
    expect(leader.heard).toEqual([{ type: 'subscribed', topic: 'library' }]);
    expect(member.heard).toEqual(leader.heard);
    const late = open();
    late.listen('library');
    await until(() => late.heard.length === 1);
    expect(late.heard).toEqual([{ type: 'subscribed', topic: 'library' }]);
    await settle();
    expect([leader, member].map(page => page.heard.length)).toEqual([1, 1]);
  });

  it('see alike where the connection stands', async () => {
    const [leader, member] = await twoPages();
    Line.last.lose(1006);
    expect(leader.client.state).toBe('reconnecting');
    await until(() => member.client.state === 'reconnecting');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(Line.opened).toHaveLength(2);
    Line.last.accept();
    await until(() => member.client.state === 'connected');
    Line.last.hear({ type: 'subscribed', topics: ['library'] });
    await until(() => member.heard.length === 1);
    expect(ids(member)).toEqual(['missed']);
    expect(ids(leader)).toEqual(['missed']);
    Line.last.lose(4403);
    await until(() => member.client.state === 'refused');
    const late = open();
    late.listen('library');
    await until(() => late.client.state === 'refused');
    await vi.advanceTimersByTimeAsync(3_600_000);
    await settle();
    expect(Line.opened).toHaveLength(2);
  });
});

describe('another page takes over', () => {
  it('when the leader is closed', async () => {
    const [leader, member] = await twoPages();
    const third = open();
    third.listen('q');
    await until(() => Line.last.saidOfTopics.length === 2);
    leader.client.dispose();
    await until(() => Line.opened.length === 2);
    expect(member.client.state).toBe('reconnecting');
    Line.last.accept();
    await until(() => third.client.state === 'connected');
    await until(() => JSON.stringify(Line.last.saidOfTopics).includes('"q"'));
    Line.last.hear({ type: 'subscribed', topics: ['library', 'q'] });
    Line.last.hear(event('1'));
    Line.last.hear(price('2'));
    await until(() => third.heard.length === 2);
    expect(ids(member)).toEqual(['missed', '1']);
    expect(ids(third)).toEqual(['missed', '2']);
    expect(Line.open).toHaveLength(1);
  });

  it('and goes on where the leader was, so that nothing has to be read anew', async () => {
    const [leader, member] = await twoPages();
    Line.last.hear({ type: 'resume', topic: 'library', point: 'a.0' });
    Line.last.hear(event('1'));
    Line.last.hear({ type: 'resume', topic: 'library', point: 'a.1' });
    await settle();
    leader.client.dispose();
    await until(() => Line.opened.length === 2);
    Line.last.accept();
    expect(Line.last.said[1]).toEqual({
      type: 'subscribe',
      topics: ['library'],
      resume: { library: 'a.1' }
    });
    Line.last.hear({ type: 'subscribed', topics: ['library'] });
    Line.last.hear(event('2'));
    Line.last.hear({ type: 'resume', topic: 'library', point: 'a.2' });
    expect(ids(member)).toEqual(['1', '2']);
  });

  it('when the leader crashes', async () => {
    await ghost.hold(NAME);
    const page = open();
    page.listen('library');
    await until(() => JSON.stringify(ghost.heard).includes('want'));
    ghost.say({ type: 'here', to: null, state: 'connected', isHidden: false });
    await until(() => page.client.state === 'connected');
    expect(Line.opened).toHaveLength(0);
    ghost.crash();
    await until(() => Line.opened.length === 1);
    Line.last.accept();
    Line.last.hear({ type: 'subscribed', topics: ['library'] });
    expect(ids(page)).toEqual(['missed']);
  });

  it('when the leader does not answer, and somebody sees the page', async () => {
    await ghost.hold(NAME);
    const [hidden, seen] = [open(), open()];
    hidden.isHidden = true;
    hidden.listen('q');
    seen.listen('library');
    await until(
      () => ghost.heard.filter(word => 'topics' in word).length === 2
    );
    await vi.advanceTimersByTimeAsync(2 * ASK);
    await settle();
    expect(Line.opened).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(2 * ASK);
    await until(() => Line.opened.length === 1);
    Line.last.accept();
    await until(() => hidden.client.state === 'connected');
    await until(() => JSON.stringify(Line.last.saidOfTopics).includes('"q"'));
    expect(Line.opened).toHaveLength(1);
    seen.client.dispose();
    expect(Line.open).toHaveLength(0);
  });

  it('in front, when the leader is hidden and has lost its connection', async () => {
    const [leader, member] = await twoPages();
    leader.isHidden = true;
    await vi.advanceTimersByTimeAsync(2 * ASK);
    await settle();
    // As long as it is connected it goes on.
    expect(Line.opened).toHaveLength(1);
    Line.last.lose(1006);
    // Connecting again fails, and its pauses grow beyond the next look.
    await until(() => member.client.state === 'reconnecting');
    while (Line.opened.length < 8) {
      Line.last.lose(1006);
      await vi.advanceTimersByTimeAsync(ASK);
      await settle();
    }
    leader.heard.length = 0;
    Line.last.accept();
    await until(() => leader.client.state === 'connected');
    Line.last.hear(event('1'));
    await until(() => ids(leader).includes('1'));
    expect(Line.open).toHaveLength(1);
    member.client.dispose();
    // It waits in the queue again, and leads once more.
    await until(() => leader.client.state === 'reconnecting');
    expect(Line.open).toHaveLength(1);
  });
});

describe('pages of several people', () => {
  it('share nothing', async () => {
    const [leader, member] = await twoPages();
    const other = open('bob');
    other.listen('library');
    await until(() => Line.opened.length === 2);
    const [first, second] = Line.opened;
    second.accept(null, 'bob');
    first.hear(event('of ada'));
    second.hear(event('of bob'));
    await until(() => member.heard.length === 1);
    expect(ids(leader)).toEqual(['of ada']);
    expect(ids(member)).toEqual(['of ada']);
    expect(ids(other)).toEqual(['of bob']);
    // Another person signs in in one of the pages: it goes over to the other connection.
    member.session.enter('bob');
    await until(() => member.client.state === 'connected');
    first.hear(event('of ada'));
    second.hear(event('of bob'));
    await until(() => ids(member).includes('of bob'));
    expect(ids(member)).toEqual(['of ada', 'missed', 'of bob']);
    expect(Line.opened).toHaveLength(2);
  });

  it('end the connection of the one who signs out, in whichever page', async () => {
    const [leader, member] = await twoPages();
    // The session tells each page of it.
    leader.session.enter(null, 'signed-out');
    expect(Line.open).toEqual([]);
    member.session.enter(null, 'signed-out');
    await settle();
    await vi.advanceTimersByTimeAsync(600_000);
    await settle();
    expect(Line.open).toEqual([]);
    expect(member.client.state).toBe('off');
    member.session.enter('ada');
    await until(() => Line.open.length === 1);
    Line.last.accept();
    expect(Line.last.said[1]).toEqual({
      type: 'subscribe',
      topics: ['library']
    });
  });
});
