/**
 * The page's one connection to the stream: what the service tells without being asked.
 */
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';

import type { ApiConnection } from '../api/request';
import type {
  IQuantLabSession,
  IQuantLabStream,
  IStreamMessage,
  StreamListener
} from '../tokens';

/** The first pause before connecting again, and the longest. Milliseconds. */
const FIRST_PAUSE = 1_000;
const LAST_PAUSE = 60_000;
/** Renew this long before the identity of the connection ends. Milliseconds. */
const RENEW_AHEAD = 30_000;

/** Close codes after which trying again at once makes no sense. */
const FORBIDDEN = 4403;
const TOO_MANY = 4429;

/** Connects when the first topic is listened to, and again after every loss. */
export class StreamClient implements IQuantLabStream, IDisposable {
  constructor(
    private readonly _connection: ApiConnection,
    private readonly _session: IQuantLabSession
  ) {
    _connection.renewed.connect(this._onRenewed, this);
    _session.userChanged.connect(this._onUser, this);
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    this._connection.renewed.disconnect(this._onRenewed, this);
    this._session.userChanged.disconnect(this._onUser, this);
    this._listeners.clear();
    this._drop();
  }

  listen(topic: string, listener: StreamListener): IDisposable {
    let listeners = this._listeners.get(topic);
    if (!listeners) {
      listeners = new Set();
      this._listeners.set(topic, listeners);
      this._say({ type: 'subscribe', topics: [topic] });
    }
    listeners.add(listener);
    if (!this._socket && !this._opening && this._timer === undefined) {
      void this._open();
    }
    return new DisposableDelegate(() => this._forget(topic, listener));
  }

  private _forget(topic: string, listener: StreamListener): void {
    const listeners = this._listeners.get(topic);
    if (!listeners?.delete(listener) || listeners.size > 0) {
      return;
    }
    this._listeners.delete(topic);
    this._say({ type: 'unsubscribe', topics: [topic] });
    if (this._listeners.size === 0) {
      this._drop();
    }
  }

  private async _open(): Promise<void> {
    const opening = {};
    this._opening = opening;
    let token: string | null;
    try {
      token = await this._connection.streamToken();
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
    if (this._session.state === 'signed-out') {
      return;
    }
    const socket = this._connection.openStream();
    this._socket = socket;
    socket.onopen = () =>
      socket.send(JSON.stringify({ type: 'auth', token: token }));
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
    } else if (message.topic !== undefined) {
      this._tell(message.topic, message);
    }
  }

  private _authenticated(message: IStreamMessage): void {
    const first = !this._ready;
    this._ready = true;
    this._attempt = 0;
    clearTimeout(this._renewal);
    if (typeof message.expires_at === 'string') {
      const left = Date.parse(message.expires_at) - Date.now() - RENEW_AHEAD;
      this._renewal = setTimeout(() => void this._renew(), Math.max(left, 0));
    }
    if (first && this._listeners.size > 0) {
      this._say({ type: 'subscribe', topics: [...this._listeners.keys()] });
      if (this._wasLost) {
        // What happened meanwhile was told to nobody.
        for (const topic of this._listeners.keys()) {
          this._tell(topic, { type: 'missed', topic });
        }
      }
    }
  }

  private _tell(topic: string, message: IStreamMessage): void {
    for (const listener of [...(this._listeners.get(topic) ?? [])]) {
      listener(message);
    }
  }

  private _say(message: object): void {
    if (this._ready) {
      this._socket?.send(JSON.stringify(message));
    }
  }

  private _lost(code: number): void {
    this._drop();
    this._wasLost = true;
    if (code === FORBIDDEN) {
      return;
    }
    this._later(code === TOO_MANY ? LAST_PAUSE : this._pause());
  }

  /** Longer each time, and not the same for all pages that lost the same service. */
  private _pause(): number {
    const longest = Math.min(LAST_PAUSE, FIRST_PAUSE * 2 ** this._attempt++);
    return longest * (0.5 + Math.random() / 2);
  }

  private _later(pause: number): void {
    if (this._listeners.size > 0 && !this._disposed) {
      this._timer = setTimeout(() => {
        this._timer = undefined;
        void this._open();
      }, pause);
    }
  }

  private async _renew(): Promise<void> {
    try {
      await this._connection.renew();
    } catch {
      // The service ends the connection, and connecting again says why.
    }
  }

  private _onRenewed(): void {
    this._say({ type: 'auth', token: this._connection.accessToken });
  }

  private _onUser(): void {
    this._wasLost ||= this._ready;
    this._attempt = 0;
    this._drop();
    if (this._session.state === 'signed-in' && this._listeners.size > 0) {
      void this._open();
    }
  }

  private _drop(): void {
    const socket = this._socket;
    this._socket = null;
    this._opening = null;
    this._ready = false;
    clearTimeout(this._timer);
    clearTimeout(this._renewal);
    this._timer = undefined;
    socket?.close();
  }

  private readonly _listeners = new Map<string, Set<StreamListener>>();
  private _socket: WebSocket | null = null;
  /** The attempt under way; another object, or null, when it was overtaken. */
  private _opening: object | null = null;
  /** The service knows who this is. */
  private _ready = false;
  private _wasLost = false;
  private _attempt = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _renewal: ReturnType<typeof setTimeout> | undefined;
  private _disposed = false;
}
