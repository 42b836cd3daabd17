/**
 * What this page listens to, whichever page of the browser holds the connection.
 */
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ApiConnection } from '../api/request';
import type {
  IQuantLabSession,
  IQuantLabStream,
  IStreamMessage,
  StreamListener,
  StreamState
} from '../tokens';
import type { IBrowser } from './member';
import { Member } from './member';
import { StreamSocket } from './socket';
import type { IStreamEar, IStreamSource } from './source';

/** After nobody answered who is signed in. Milliseconds. */
const AGAIN = 15_000;

/** What the page's browser offers to share a connection with; null: nothing, so each page has its own. */
export function findBrowser(): IBrowser | null {
  // Locks are there in secure contexts only: https, or this machine.
  const locks = navigator.locks as LockManager | undefined;
  return locks && 'BroadcastChannel' in globalThis
    ? {
        locks,
        openChannel: name => new BroadcastChannel(name),
        isHidden: () => document.visibilityState === 'hidden'
      }
    : null;
}

/** Has a source as long as a person is signed in and something is listened to. */
export class StreamClient implements IQuantLabStream, IDisposable {
  constructor(
    private readonly _connection: ApiConnection,
    private readonly _session: IQuantLabSession,
    private readonly _browser: IBrowser | null
  ) {
    _session.userChanged.connect(this._onUser, this);
  }

  get state(): StreamState {
    return this._state;
  }

  get stateChanged(): ISignal<this, StreamState> {
    return this._stateChanged;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._session.userChanged.disconnect(this._onUser, this);
    this._listeners.clear();
    this._leave();
    Signal.clearData(this);
  }

  listen(topic: string, listener: StreamListener): IDisposable {
    const listeners = this._listeners.get(topic);
    if (listeners) {
      listeners.add(listener);
      if (this._told.has(topic)) {
        queueMicrotask(() => {
          if (listeners.has(listener)) {
            listener({ type: 'subscribed', topic });
          }
        });
      }
    } else {
      this._listeners.set(topic, new Set([listener]));
      this._want();
    }
    return new DisposableDelegate(() => this._forget(topic, listener));
  }

  private _forget(topic: string, listener: StreamListener): void {
    const listeners = this._listeners.get(topic);
    if (listeners?.delete(listener) && listeners.size === 0) {
      this._listeners.delete(topic);
      this._told.delete(topic);
      this._source?.want(this._listeners.keys());
    }
  }

  private _want(): void {
    if (this._source) {
      this._source.want(this._listeners.keys());
    } else if (!this._joining) {
      void this._join();
    }
  }

  private async _join(): Promise<void> {
    clearTimeout(this._timer);
    const joining = {};
    this._joining = joining;
    await this._session.ready();
    if (this._joining !== joining) {
      return;
    }
    this._joining = null;
    const { user, state } = this._session;
    if (this._listeners.size === 0) {
      return;
    }
    if (user && state !== 'signed-out') {
      this._begin(user.id);
    } else if (state !== 'signed-out') {
      this._timer = setTimeout(() => this._want(), AGAIN);
    }
  }

  private _begin(userId: string): void {
    const connect = (ear: IStreamEar, wasLost: boolean): IStreamSource =>
      new StreamSocket({
        connection: this._connection,
        userId,
        ear,
        wasLost,
        points: this._points
      });
    const source: IStreamSource = this._browser
      ? new Member({
          ...this._browser,
          // Pages of another person or service, or that say it in other words than these, never hear of this one.
          name: `quantlab.stream.1:${this._connection.apiUrl}:${userId}`,
          connect,
          ear: this._ear
        })
      : connect(this._ear, false);
    this._source = source;
    source.want(this._listeners.keys());
    if (this._hadSource) {
      for (const topic of this._listeners.keys()) {
        this._hear({ type: 'missed', topic });
      }
    }
    this._hadSource = true;
  }

  private _onUser(): void {
    this._leave();
    if (this._listeners.size > 0) {
      void this._join();
    }
  }

  private _leave(): void {
    clearTimeout(this._timer);
    this._joining = null;
    this._source?.dispose();
    this._source = null;
    this._points.clear();
    this._told.clear();
    this._enter('off');
  }

  private _hear(message: IStreamMessage): void {
    const { type, topic = '' } = message;
    if (type === 'resume') {
      // Kept of every topic: this page may have to go on for others.
      this._points.set(topic, String(message.point));
      return;
    }
    const listeners = this._listeners.get(topic);
    if (listeners && (type === 'subscribed' || type === 'missed')) {
      this._told.add(topic);
    }
    for (const listener of [...(listeners ?? [])]) {
      listener(message);
    }
  }

  private _enter(state: StreamState): void {
    if (state !== this._state) {
      this._state = state;
      this._stateChanged.emit(state);
    }
  }

  private readonly _ear: IStreamEar = {
    hear: message => this._hear(message),
    enter: state => this._enter(state)
  };
  private readonly _listeners = new Map<string, Set<StreamListener>>();
  /** By topic how far the person's pages were told, as the service named it. */
  private readonly _points = new Map<string, string>();
  /** Topics of which everything is told from now on. */
  private readonly _told = new Set<string>();
  private _source: IStreamSource | null = null;
  /** There was a source before: something may have been missed between. */
  private _hadSource = false;
  /** Finding out who is signed in; another object, or null, when it was overtaken. */
  private _joining: object | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _state: StreamState = 'off';
  private readonly _stateChanged = new Signal<this, StreamState>(this);
  private _isDisposed = false;
}
