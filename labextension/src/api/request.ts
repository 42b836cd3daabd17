/**
 * The only place that talks to the server.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import {
  ApiError,
  BusyError,
  ForbiddenError,
  NotSignedInError
} from './errors';
import { Maintenance } from './maintenance';
import type { Tokens } from './models';
import type { IAnswer, IRequest } from './transport';
import { transmit } from './transport';

export type { IAnswer, IRequest } from './transport';

/** Renew this long before the end, so that no request has to fail first. Milliseconds. */
const RENEW_AHEAD = 20_000;
/** A renewal is short, and every other request waits for it. Milliseconds. */
const RENEW_TIMEOUT = 25_000;

/** The ETag of a version of a saved object. */
export function versionTag(version: number): string {
  return `"${version}"`;
}

/** The ETag of a revision of a draft. */
export function draftTag(revision: number): string {
  return `"d${revision}"`;
}

/** The number inside an ETag made by {@link versionTag} or {@link draftTag}; null for anything else. */
export function tagNumber(etag: string | null): number | null {
  const match = /^(?:W\/)?"d?(\d+)"$/.exec(etag ?? '');
  return match ? Number(match[1]) : null;
}

/**
 * One page's connection to the service: the address, the access token (in memory only) and its renewal.
 */
export class ApiConnection {
  constructor(options: { serverSettings?: ServerConnection.ISettings } = {}) {
    this._settings = options.serverSettings ?? ServerConnection.makeSettings();
    this.apiUrl = URLExt.join(this._settings.baseUrl, 'quantlab', 'api');
  }

  /** Address of the API, without a slash at the end. */
  readonly apiUrl: string;

  readonly maintenance = new Maintenance();

  /** The session was refused by the service: it ended, was revoked, or nobody is signed in. */
  get signedOut(): ISignal<this, ApiError> {
    return this._signedOut;
  }

  /** A new token is in use: by a renewal, or because something else replaced it. */
  get renewed(): ISignal<this, Tokens> {
    return this._renewed;
  }

  /** The access token of the signed-in person; null for the local account and for nobody. */
  get accessToken(): string | null {
    return this.#token;
  }

  /** What every ordinary request waits for: finding out who is here. Set once by the session. */
  ready: () => Promise<void> = () => Promise.resolve();

  /**
   * Has the person prove again who it is; gives false when it does not want to. Set once, by whoever can ask.
   */
  confirm: () => Promise<boolean> = () => Promise.resolve(false);

  /**
   * While set, requests without a token are refused here. It keeps what was meant for a person whose session has
   * ended from reaching the local account.
   */
  locked = false;

  /**
   * Id of the person that the page shows, kept up to date by the session; null while nobody is known. What was asked
   * for on their behalf is sent as them or not at all.
   */
  owner: string | null = null;

  /** Take over new tokens, or none. What a renewal under way brings is not wanted any more. */
  setTokens(tokens: Tokens | null): void {
    this._renewal = null;
    this.owner = tokens?.user.id ?? this.owner;
    this.#token = tokens?.access_token ?? null;
    this.#expiresAt = tokens ? Date.now() + tokens.expires_in * 1000 : 0;
    if (tokens) {
      this.locked = false;
    }
  }

  /** Take over tokens that replace those in use, and tell whoever holds on to the old ones. */
  replaceTokens(tokens: Tokens): void {
    this.setTokens(tokens);
    this._renewed.emit(tokens);
  }

  /**
   * Renew the access token by the refresh cookie. Calls at the same time share one request.
   *
   * @throws NotSignedInError when there is no session to renew; UnreachableError when nobody answered.
   */
  renew(): Promise<void> {
    if (this._renewal) {
      return this._renewal;
    }
    const renewal = this._askForRenewal(() => this._renewal === renewal);
    this._renewal = renewal;
    return renewal;
  }

  private async _askForRenewal(isWanted: () => boolean): Promise<void> {
    try {
      const { data } = await this._send<Tokens>('auth/refresh', {
        method: 'POST',
        json: {},
        ofSession: true,
        timeout: RENEW_TIMEOUT
      });
      if (isWanted()) {
        this.replaceTokens(data);
        return;
      }
    } catch (error) {
      if (isWanted()) {
        this._renewal = null;
        throw error;
      }
    }
    // The person signed out, or in, meanwhile: that counts.
    if (this.#token === null) {
      throw notSignedIn();
    }
  }

  /**
   * Call the API. `path` is relative to the prefix and already encoded.
   *
   * Where the service wants the person to prove again who it is, the person is asked and the request sent once more.
   *
   * @throws ApiError (a subclass by status), UnreachableError, or a DOMException named AbortError.
   */
  async request<T>(path: string, options: IRequest = {}): Promise<IAnswer<T>> {
    if (options.ofSession) {
      return this._send<T>(path, options);
    }
    // Whose request this is is settled now: while it waits, somebody else may sign in in another tab.
    const { owner } = this;
    try {
      return await this._sendSignedIn<T>(path, options, owner);
    } catch (error) {
      if (!isStepUp(error) || !(await this._confirmOnce())) {
        throw error;
      }
      return this._sendSignedIn<T>(path, options, owner);
    }
  }

  /** Requests that wait at the same time share one question. */
  private _confirmOnce(): Promise<boolean> {
    this._confirming ??= this.confirm().finally(() => {
      this._confirming = null;
    });
    return this._confirming;
  }

  /** Wait until it is known who is here, with a token that lasts; refuse what is not this person's. */
  private async _prepare(owner: string | null): Promise<void> {
    await this.ready();
    if (this.#token === null && this.locked) {
      throw notSignedIn();
    }
    if (this.#token !== null && Date.now() > this.#expiresAt - RENEW_AHEAD) {
      await this.renewOrReport();
    }
    if (owner !== null && owner !== this.owner) {
      throw personChanged();
    }
  }

  private async _sendSignedIn<T>(
    path: string,
    options: IRequest,
    owner: string | null
  ): Promise<IAnswer<T>> {
    await this._prepare(owner);
    const used = this.#token;
    try {
      return await this._send<T>(path, options);
    } catch (error) {
      if (!(error instanceof NotSignedInError)) {
        throw error;
      }
      if (used === null) {
        this._signedOut.emit(error);
        throw error;
      }
      // Another request may have renewed it while this one was on its way.
      if (this.#token === used) {
        await this.renewOrReport();
      }
      // Or it found the session ended: without its token this one would be somebody else's.
      await this._prepare(owner);
      return this._send<T>(path, options);
    }
  }

  /** Like {@link request}; gives the answer's data alone. */
  async send<T>(path: string, options: IRequest = {}): Promise<T> {
    return (await this.request<T>(path, options)).data;
  }

  /**
   * What to say first over the stream: the access token, renewed if it is about to end; null for the local account.
   *
   * @throws NotSignedInError when nobody is signed in; UnreachableError.
   */
  async streamToken(): Promise<string | null> {
    await this._prepare(null);
    return this.#token;
  }

  /** Open the stream's WebSocket; the browser's cookie passes Jupyter's door, or its token where that is in use. */
  openStream(): WebSocket {
    const { WebSocket, appendToken, token, wsUrl } = this._settings;
    const query =
      appendToken && token ? `?token=${encodeURIComponent(token)}` : '';
    const url = URLExt.join(wsUrl, 'quantlab', 'api', 'stream');
    return new WebSocket(`${url}${query}`);
  }

  /**
   * Like {@link renew}; a session that is over is told to everybody.
   *
   * @throws NotSignedInError when there is no session to renew; UnreachableError when nobody answered.
   */
  async renewOrReport(): Promise<void> {
    const used = this.#token;
    try {
      await this.renew();
    } catch (error) {
      // Who took the token away meanwhile has told it already.
      if (error instanceof NotSignedInError && this.#token === used) {
        this.setTokens(null);
        this.locked = true;
        this._signedOut.emit(error);
      }
      throw error;
    }
  }

  private async _send<T>(path: string, options: IRequest): Promise<IAnswer<T>> {
    try {
      const url = `${this.apiUrl}/${path}`;
      const answer = await transmit<T>(
        this._settings,
        url,
        options.asNobody ? null : this.#token,
        options
      );
      this.maintenance.noteAnswered(path, options);
      return answer;
    } catch (error) {
      if (error instanceof BusyError && error.code === 'maintenance') {
        const reason = String(error.details.reason);
        this.maintenance.noteClosed(reason, path, options);
      }
      throw error;
    }
  }

  #token: string | null = null;
  #expiresAt = 0;
  private _renewal: Promise<void> | null = null;
  private _confirming: Promise<boolean> | null = null;
  private readonly _settings: ServerConnection.ISettings;
  private readonly _signedOut = new Signal<this, ApiError>(this);
  private readonly _renewed = new Signal<this, Tokens>(this);
}

/** The person has to prove again who it is before this is done. */
function isStepUp(error: unknown): boolean {
  return error instanceof ForbiddenError && error.code === 'step_up_required';
}

function notSignedIn(): NotSignedInError {
  return new NotSignedInError(401, {
    code: 'not_signed_in',
    message: 'Sign in to go on.',
    request_id: ''
  });
}

/** What was asked for on behalf of one person is not sent as another. */
function personChanged(): NotSignedInError {
  return new NotSignedInError(401, {
    code: 'person_changed',
    message:
      'Somebody else has signed in in this browser. Nothing was sent; sign in again to go on.',
    request_id: ''
  });
}

/** A creation that the service carries out once, however often it is sent. */
export function creation(json: unknown, key: string = UUID.uuid4()): IRequest {
  return { method: 'POST', json, idempotencyKey: key };
}
