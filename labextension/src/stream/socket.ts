/**
 * A connection to the stream: what the service tells one person without being asked.
 */
import type { ApiConnection } from '../api/request';
import type { IStreamMessage, StreamState } from '../tokens';
import type { IStreamEar, IStreamSource } from './source';

/** The first pause before connecting again, and the longest. Milliseconds. */
const FIRST_PAUSE = 1_000;
const LAST_PAUSE = 60_000;
/**
 * Renew this long before the identity of the connection ends. Milliseconds. More than a minute, because browsers run the
 * timers of a page that has long been in the background once a minute.
 */
const RENEW_AHEAD = 90_000;
/** Topics that the service takes in one message. */
const TOPICS = 200;

/** The service does not know the token of the connection any more. */
const NOT_SIGNED_IN = 4401;
/** Close codes after which trying again at once makes no sense. */
const FORBIDDEN = 4403;
const TOO_MANY = 4429;

export interface ISocketOptions {
  connection: ApiConnection;
  /** Whose messages are wanted. */
  userId: string;
  ear: IStreamEar;
  /** There was a connection before this one: something may have been missed. */
  wasLost: boolean;
  /** By topic how far this page was told, as the service named it; whoever hears `resume` keeps it. */
  points: ReadonlyMap<string, string>;
}

/** Connects when the first topic is wanted, and again after every loss. */
export class StreamSocket implements IStreamSource {
  constructor(private readonly _options: ISocketOptions) {
    this._wasLost = _options.wasLost;
    _options.connection.renewed.connect(this._onRenewed, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._options.connection.renewed.disconnect(this._onRenewed, this);
    this._drop();
  }

  want(topics: Iterable<string>): void {
    const before = this._wanted;
    const wanted = new Set(topics);
    this._wanted = wanted;
    this._subscribe([...wanted].filter(topic => !before.has(topic)));
    const gone = [...before].filter(topic => !wanted.has(topic));
    for (const topics of inParts(gone)) {
      this._say({ type: 'unsubscribe', topics });
    }
    if (wanted.size === 0) {
      this._drop();
      this._enter('off');
    } else if (this._state === null || this._state === 'off') {
      void this._open();
    }
  }

  private async _open(): Promise<void> {
    const { connection } = this._options;
    const opening = {};
    this._opening = opening;
    this._enter(this._wasLost ? 'reconnecting' : 'connecting');
    let token: string | null;
    try {
      token = await connection.streamToken();
    } catch {
      // Nobody is signed in, or the service is away: the next user or the next attempt will tell.
      if (this._opening === opening) {
        this._opening = null;
        this._later(this._pause());
      }
      return;
    }
    if (this._opening !== opening) {
      return;
    }
    this._opening = null;
    const socket = connection.openStream();
    this._socket = socket;
    this.#said = token;
    socket.onopen = () => socket.send(JSON.stringify({ type: 'auth', token }));
    socket.onmessage = event => {
      if (socket === this._socket) {
        this._hear(JSON.parse(String(event.data)) as IStreamMessage);
      }
    };
    socket.onclose = event => {
      if (socket === this._socket) {
        this._lost(event.code);
      }
    };
  }

  private _hear(message: IStreamMessage): void {
    if (message.type === 'authenticated') {
      this._authenticated(message);
    } else if (message.type === 'subscribed') {
      this._subscribed(message.topics as string[]);
    } else if (message.topic !== undefined) {
      this._options.ear.hear(message);
      if (message.type === 'resume') {
        this._resumed(message.topic, message.reset === true);
      }
    }
  }

  private _authenticated(message: IStreamMessage): void {
    if (message.user_id !== this._options.userId) {
      // Another page signed somebody else in. What they are told is not for those who listen here.
      this._lost(FORBIDDEN);
      return;
    }
    clearTimeout(this._renewal);
    if (typeof message.expires_at === 'string') {
      const left = Date.parse(message.expires_at) - Date.now();
      this._renewal = setTimeout(
        () => void this._renew(),
        Math.max(left - RENEW_AHEAD, left / 2, 0)
      );
    }
    if (!this._isReady) {
      this._isReady = true;
      this._attempt = 0;
      this._subscribe([...this._wanted]);
      this._enter('connected');
    }
  }

  private _subscribe(topics: string[]): void {
    if (!this._isReady) {
      return;
    }
    for (const part of inParts(topics)) {
      const resume: Record<string, string> = {};
      for (const topic of part) {
        const point = this._options.points.get(topic);
        if (this._wasLost && point !== undefined) {
          resume[topic] = point;
          this._resuming.add(topic);
        }
      }
      const more = Object.keys(resume).length > 0 ? { resume } : {};
      this._say({ type: 'subscribe', topics: part, ...more });
    }
  }

  /** The service tells of these topics from now on. */
  private _subscribed(topics: string[]): void {
    for (const topic of topics) {
      if (!this._resuming.has(topic)) {
        // What happened meanwhile was told to nobody; what is read from now on has it.
        const type = this._wasLost ? 'missed' : 'subscribed';
        this._options.ear.hear({ type, topic });
      }
    }
  }

  /** The service has told what happened meanwhile, or does not know it any more. */
  private _resumed(topic: string, isReset: boolean): void {
    if (this._resuming.delete(topic) && isReset) {
      this._options.ear.hear({ type: 'missed', topic });
    }
  }

  private _say(message: object): void {
    if (this._isReady) {
      this._socket?.send(JSON.stringify(message));
    }
  }

  private _lost(code: number): void {
    this._drop();
    this._wasLost = true;
    if (code === FORBIDDEN) {
      this._enter('refused');
      return;
    }
    this._enter('reconnecting');
    if (code === NOT_SIGNED_IN) {
      void this._openRenewed();
    } else {
      this._later(code === TOO_MANY ? LAST_PAUSE : this._pause());
    }
  }

  /** The token was refused: another one, or everybody is told that the session is over. */
  private async _openRenewed(): Promise<void> {
    const { connection } = this._options;
    const { accessToken } = connection;
    const opening = {};
    this._opening = opening;
    if (accessToken !== null && accessToken === this.#said) {
      await connection.renewOrReport().catch(() => {
        // Told where it matters; an outage passes.
      });
    }
    if (this._opening === opening) {
      this._opening = null;
      this._later(this._pause());
    }
  }

  /** Longer each time, and not the same for all browsers that lost the same service. */
  private _pause(): number {
    const longest = Math.min(LAST_PAUSE, FIRST_PAUSE * 2 ** this._attempt++);
    return longest * (0.5 + Math.random() / 2);
  }

  private _later(pause: number): void {
    this._timer = setTimeout(() => void this._open(), pause);
  }

  private async _renew(): Promise<void> {
    try {
      await this._options.connection.renew();
    } catch {
      // The service ends the connection, and connecting again says why.
    }
  }

  private _onRenewed(): void {
    if (this._isReady) {
      this.#said = this._options.connection.accessToken;
      this._say({ type: 'auth', token: this.#said });
    }
  }

  private _enter(state: StreamState): void {
    if (state !== this._state) {
      this._state = state;
      this._options.ear.enter(state);
    }
  }

  private _drop(): void {
    const socket = this._socket;
    this._socket = null;
    this._opening = null;
    this._isReady = false;
    this._resuming.clear();
    clearTimeout(this._timer);
    clearTimeout(this._renewal);
    socket?.close();
  }

  /** The token that the service was told last. */
  #said: string | null = null;
  private _wanted = new Set<string>();
  /** Null: nothing has been wanted yet. */
  private _state: StreamState | null = null;
  private _socket: WebSocket | null = null;
  /** The attempt under way; another object, or null, when it was overtaken. */
  private _opening: object | null = null;
  /** The service knows who this is. */
  private _isReady = false;
  private _wasLost: boolean;
  /** Topics of which the service says next what was missed, or that it does not know. */
  private readonly _resuming = new Set<string>();
  private _attempt = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _renewal: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
}

function inParts(topics: string[]): string[][] {
  const count = Math.ceil(topics.length / TOPICS);
  return Array.from({ length: count }, (_, part) =>
    topics.slice(part * TOPICS, (part + 1) * TOPICS)
  );
}
