/**
 * One page among the pages of one person in one browser: which of them holds the connection, and what they tell each other.
 *
 * The page that holds a lock leads: it connects, listens for all, and passes on what it hears. The browser gives the
 * lock to the next page when the leader is closed or crashes. No token is ever said here: each page has its own.
 *
 * A leader in the background goes on: browsers slow down timers of hidden pages, not messages of sockets and channels,
 * and do not freeze a page that holds a lock. What waits for a timer comes late, by a minute at most: connecting again.
 * So a page in front takes over from a hidden leader that has lost its connection, and from one that does not answer at
 * all (the machine slept, a debugger holds it).
 */
import { UUID } from '@lumino/coreutils';

import type { IStreamMessage, StreamState } from '../tokens';
import type { IStreamEar, IStreamSource } from './source';

/** How often a page that does not lead looks whether the leader still answers. Milliseconds. */
const ASK = 10_000;
/** After so many looks without an answer a page in front takes over. */
const UNANSWERED = 3;

/** What of the browser is used. */
export interface IBrowser {
  locks: LockManager;
  openChannel: (name: string) => BroadcastChannel;
  /** Nobody sees this page. */
  isHidden: () => boolean;
}

export interface IMemberOptions extends IBrowser {
  /** The same in all pages of one person at one service, and in no others. */
  name: string;
  /** Open the connection for all. `wasLost`: there was another before. */
  connect: (ear: IStreamEar, wasLost: boolean) => IStreamSource;
  /** Of this page. */
  ear: IStreamEar;
}

/** What pages say; `page` is who says it. */
type Word =
  /** To the leader: all that a page wants. */
  | { type: 'want'; page: string; topics: string[] }
  /** The leader leads; to one page as an answer, or to all. */
  | ILeader
  /** The service's own message, for one page or for all. */
  | { type: 'told'; page: string; to: string | null; message: IStreamMessage };

interface ILeader {
  type: 'here';
  page: string;
  to: string | null;
  state: StreamState;
  isHidden: boolean;
}

/** Takes part until it is disposed. */
export class Member implements IStreamSource {
  constructor(private readonly _options: IMemberOptions) {
    this._channel = _options.openChannel(_options.name);
    this._channel.onmessage = event => this._onWord(event.data as Word);
    void this._takePart();
    this._asking = setInterval(() => this._onTime(), ASK);
  }

  get isDisposed(): boolean {
    return this._left.signal.aborted;
  }

  /** This page holds the connection. */
  get isLeading(): boolean {
    return this._own !== null;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._say({ type: 'want', page: this._page, topics: [] });
    clearInterval(this._asking);
    this._resign();
    this._left.abort();
    this._channel.close();
  }

  want(topics: Iterable<string>): void {
    this._topics = new Set(topics);
    if (this._own) {
      this._serve();
    } else {
      this._ask();
    }
  }

  /** The lock of this page tells the leader that it is there; the leader notices when it is gone, however it went. */
  private async _takePart(): Promise<void> {
    const { locks } = this._options;
    const held = locks.request(
      this._lockOf(this._page),
      { signal: this._left.signal },
      () => {
        void this._queue();
        this._isKnown = true;
        this._ask();
        return this._end();
      }
    );
    // Rejects when this page leaves before its turn.
    await held.catch(() => undefined);
  }

  /** Wait for the turn to lead, as long as it takes; and again after a page in front took it away. */
  private async _queue(): Promise<void> {
    const { locks, name } = this._options;
    const { signal } = this._left;
    let hasHeld = true;
    while (hasHeld && !this.isDisposed) {
      hasHeld = await this._turn(lead => locks.request(name, { signal }, lead));
    }
    if (!this.isDisposed) {
      // The browser gives no locks after all: a connection of this page's own.
      this._lead();
    }
  }

  /** Lead while `request` holds the lock; whether it was held. Never rejects. */
  private async _turn(
    request: (lead: () => Promise<void>) => Promise<unknown>
  ): Promise<boolean> {
    const turn = {};
    let hasHeld = false;
    try {
      await request(() => {
        hasHeld = true;
        this._turnNow = turn;
        this._lead();
        return this._end();
      });
    } catch {
      // Another page took the lock away, or this one left while it waited.
      if (this._turnNow === turn && !this.isDisposed) {
        this._depose();
      }
    }
    return hasHeld;
  }

  /** Resolves when this page leaves. */
  private _end(): Promise<void> {
    const { signal } = this._left;
    return new Promise(resolve =>
      signal.aborted
        ? resolve()
        : signal.addEventListener('abort', () => resolve())
    );
  }

  private _lead(): void {
    if (this._own || this.isDisposed) {
      return;
    }
    const wasLost = this._leader !== null;
    this._leader = this._page;
    this._own = this._options.connect(
      {
        hear: message => this._passOn(message),
        enter: state => {
          this._enter(state);
          this._announce(null);
        }
      },
      wasLost
    );
    this._announce(null);
    this._serve();
  }

  /** Another page leads from now on, and may have done so for a while. */
  private _depose(): void {
    this._resign();
    for (const topic of this._topics) {
      this._options.ear.hear({ type: 'missed', topic });
    }
    this._ask();
  }

  private _resign(): void {
    const { _own: own } = this;
    this._own = null;
    own?.dispose();
    this._wants.forEach(want => want.left.abort());
    this._wants.clear();
    this._last.clear();
    this._told.clear();
    this._unanswered = 0;
  }

  /** Listen to what all together want. */
  private _serve(): void {
    const all = new Set(this._topics);
    this._wants.forEach(({ topics }) => topics.forEach(each => all.add(each)));
    for (const topic of [...this._last.keys(), ...this._told]) {
      if (!all.has(topic)) {
        this._last.delete(topic);
        this._told.delete(topic);
      }
    }
    this._own?.want(all);
  }

  private _passOn(message: IStreamMessage): void {
    const { type, topic = '' } = message;
    const stands = type === 'quotes' || type === 'error';
    if (stands) {
      this._last.set(topic, message);
    } else if (type === 'subscribed' || type === 'missed') {
      this._told.add(topic);
    }
    this._options.ear.hear(message);
    // Prices are many; everything else is for whoever may want it.
    if (
      !stands ||
      [...this._wants.values()].some(want => want.topics.has(topic))
    ) {
      this._tell(message, null);
    }
  }

  private _onWord(word: Word): void {
    if (this.isDisposed) {
      return;
    }
    if (word.type === 'want') {
      if (this._own) {
        this._onWant(word.page, word.topics);
      }
    } else if (!this._own && (word.to ?? this._page) === this._page) {
      if (word.type === 'here') {
        this._onLeader(word);
      } else {
        this._options.ear.hear(word.message);
      }
    }
  }

  private _onLeader(leader: ILeader): void {
    const isNew = leader.page !== this._leader;
    this._unanswered = 0;
    this._leader = leader.page;
    this._isLeaderHidden = leader.isHidden;
    this._enter(leader.state);
    if (isNew && leader.to === null) {
      this._ask();
    }
  }

  private _onWant(page: string, topics: string[]): void {
    const before = this._wants.get(page);
    const fresh = topics.filter(topic => !before?.topics.has(topic));
    if (topics.length === 0) {
      before?.left.abort();
      this._wants.delete(page);
    } else {
      const left = before?.left ?? this._watch(page);
      this._wants.set(page, { topics: new Set(topics), left });
    }
    this._announce(page);
    for (const topic of fresh) {
      // What the service says at once to a new listener was said to this page.
      const last = this._last.get(topic);
      if (last) {
        this._tell(last, page);
      }
      if (this._told.has(topic)) {
        this._tell({ type: 'subscribed', topic }, page);
      }
    }
    this._serve();
  }

  /** Forget what a page wants once it is closed or has crashed. */
  private _watch(page: string): AbortController {
    const left = new AbortController();
    this._options.locks
      .request(this._lockOf(page), { signal: left.signal }, () => {
        this._wants.delete(page);
        this._serve();
      })
      // Rejects when there is nothing to watch any more.
      .catch(() => undefined);
    return left;
  }

  private _onTime(): void {
    if (this._own) {
      return;
    }
    const { locks, name, isHidden } = this._options;
    const isStuck =
      this._unanswered >= UNANSWERED ||
      (this._isLeaderHidden && this._state === 'reconnecting');
    if (isStuck && !isHidden()) {
      this._unanswered = 0;
      void this._turn(lead => locks.request(name, { steal: true }, lead));
    } else {
      this._ask();
    }
  }

  private _ask(): void {
    // Not before the leader could notice that this page goes.
    if (!this._own && this._isKnown) {
      this._unanswered += 1;
      this._say({ type: 'want', page: this._page, topics: [...this._topics] });
    }
  }

  private _announce(to: string | null): void {
    const { _page: page, _state: state } = this;
    const isHidden = this._options.isHidden();
    this._say({ type: 'here', page, to, state, isHidden });
  }

  private _tell(message: IStreamMessage, to: string | null): void {
    this._say({ type: 'told', page: this._page, to, message });
  }

  private _say(word: Word): void {
    this._channel.postMessage(word);
  }

  private _enter(state: StreamState): void {
    if (state !== this._state) {
      this._state = state;
      this._options.ear.enter(state);
    }
  }

  private _lockOf(page: string): string {
    return `${this._options.name}:${page}`;
  }

  private readonly _page = UUID.uuid4();
  private readonly _channel: BroadcastChannel;
  private readonly _left = new AbortController();
  private readonly _asking: ReturnType<typeof setInterval>;
  private _topics = new Set<string>();
  /** This page holds its own lock. */
  private _isKnown = false;
  /** The connection, while this page leads. */
  private _own: IStreamSource | null = null;
  /** Which request of the lock lets this page lead. */
  private _turnNow: object | null = null;
  /** Who leads, as far as this page was told. */
  private _leader: string | null = null;
  private _isLeaderHidden = false;
  private _unanswered = 0;
  private _state: StreamState = 'off';
  /** What other pages want; while this one leads. */
  private readonly _wants = new Map<string, IWant>();
  /** By topic what stands until the next message: the last price, or why there is none; while this page leads. */
  private readonly _last = new Map<string, IStreamMessage>();
  /** Topics of which the service tells everything from now on; while this page leads. */
  private readonly _told = new Set<string>();
}

interface IWant {
  topics: Set<string>;
  /** Ends looking whether the page is still there. */
  left: AbortController;
}
