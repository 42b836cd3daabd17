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
  NotSignedInError,
  UnreachableError,
  toApiError
} from './errors';
import type { Tokens } from './models';

/** Renew this long before the end, so that no request has to fail first. Milliseconds. */
const RENEW_AHEAD = 20_000;
/** A read that takes longer is reported as unreachable. Milliseconds. */
const READ_TIMEOUT = 60_000;

/** What one call sends. */
export interface IRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Members with undefined or null are left out. */
  query?: Record<string, string | number | boolean | null | undefined>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is; needs `contentType`. */
  body?: Blob | ArrayBuffer | string;
  contentType?: string;
  /** The ETag this write is based on. */
  ifMatch?: string;
  /** `*`: only when nothing is there yet. */
  ifNoneMatch?: string;
  /** The same key makes a repeated creation answer with the first one's result. */
  idempotencyKey?: string;
  signal?: AbortSignal;
  /** `blob` for downloads. */
  answer?: 'json' | 'blob';
  /** The browser may keep the answer, and asks each time whether it is still right. */
  isKept?: boolean;
  /** A call of the session itself: sent at once, and a 401 is the caller's to read. */
  ofSession?: boolean;
}

/** What came back. */
export interface IAnswer<T> {
  status: number;
  data: T;
  /** The ETag header as sent, or null. */
  etag: string | null;
  headers: Headers;
}

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

  /** The session was refused by the service: it ended, was revoked, or nobody is signed in. */
  get signedOut(): ISignal<this, ApiError> {
    return this._signedOut;
  }

  /** A renewal brought a new token. */
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

  /** Take over a new pair of tokens, or none. */
  setTokens(tokens: Tokens | null): void {
    this.#token = tokens?.access_token ?? null;
    this.#expiresAt = tokens ? Date.now() + tokens.expires_in * 1000 : 0;
    if (tokens) {
      this.locked = false;
    }
  }

  /**
   * Renew the access token by the refresh cookie. Calls at the same time share one request.
   *
   * @throws NotSignedInError when there is no session to renew; UnreachableError when nobody answered.
   */
  renew(): Promise<Tokens> {
    this._renewal ??= this._send<Tokens>('auth/refresh', {
      method: 'POST',
      json: {},
      ofSession: true
    })
      .then(answer => {
        this.setTokens(answer.data);
        this._renewed.emit(answer.data);
        return answer.data;
      })
      .finally(() => {
        this._renewal = null;
      });
    return this._renewal;
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
    try {
      return await this._sendSignedIn<T>(path, options);
    } catch (error) {
      if (!isStepUp(error) || !(await this._confirmOnce())) {
        throw error;
      }
      return this._sendSignedIn<T>(path, options);
    }
  }

  /** Requests that wait at the same time share one question. */
  private _confirmOnce(): Promise<boolean> {
    this._confirming ??= this.confirm().finally(() => {
      this._confirming = null;
    });
    return this._confirming;
  }

  private async _sendSignedIn<T>(
    path: string,
    options: IRequest
  ): Promise<IAnswer<T>> {
    await this.ready();
    if (this.#token === null && this.locked) {
      throw notSignedIn();
    }
    if (this.#token !== null && Date.now() > this.#expiresAt - RENEW_AHEAD) {
      await this._renewOrReport();
    }
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
        await this._renewOrReport();
      }
      if (this.#token === null && this.locked) {
        // Another request found the session ended: without its token this one would be somebody else's.
        throw error;
      }
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
    await this.ready();
    if (this.#token === null && this.locked) {
      throw notSignedIn();
    }
    if (this.#token !== null && Date.now() > this.#expiresAt - RENEW_AHEAD) {
      await this._renewOrReport();
    }
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

  private async _renewOrReport(): Promise<void> {
    try {
      await this.renew();
    } catch (error) {
      if (error instanceof NotSignedInError) {
        this.setTokens(null);
        this.locked = true;
        this._signedOut.emit(error);
      }
      throw error;
    }
  }

  private async _send<T>(path: string, options: IRequest): Promise<IAnswer<T>> {
    const response = await this._fetch(path, options);
    if (response.status === 204) {
      return answerOf(response, undefined as T);
    }
    if (response.ok && options.answer === 'blob') {
      return answerOf(response, (await response.blob()) as T);
    }
    const text = await response.text();
    let body: unknown = null;
    try {
      body = text === '' ? null : JSON.parse(text);
    } catch (error) {
      if (response.ok) {
        // A log-in page of a proxy answers 200 with HTML.
        throw new UnreachableError(error);
      }
    }
    if (!response.ok) {
      throw toApiError(
        response.status,
        response.statusText,
        body,
        response.headers.get('Retry-After')
      );
    }
    return answerOf(response, body as T);
  }

  private async _fetch(path: string, options: IRequest): Promise<Response> {
    const method = options.method ?? 'GET';
    const headers = new Headers({ Accept: 'application/json' });
    if (this.#token !== null) {
      headers.set('X-QuantLab-Session', this.#token);
    }
    setHeader(headers, 'If-Match', options.ifMatch);
    setHeader(headers, 'If-None-Match', options.ifNoneMatch);
    setHeader(headers, 'Idempotency-Key', options.idempotencyKey);
    let body: BodyInit | null = options.body ?? null;
    if (options.json !== undefined) {
      body = JSON.stringify(options.json);
      headers.set('Content-Type', 'application/json');
    } else {
      setHeader(headers, 'Content-Type', options.contentType);
    }
    const url = `${this.apiUrl}/${path}${queryOf(options.query)}`;
    const signal = withTimeout(options.signal, method === 'GET');
    try {
      return await ServerConnection.makeRequest(
        url,
        {
          method,
          headers,
          body,
          signal,
          ...(options.isKept ? { cache: 'no-cache' as const } : {})
        },
        this._settings
      );
    } catch (error) {
      if (options.signal?.aborted) {
        throw new DOMException('The request was given up.', 'AbortError');
      }
      throw new UnreachableError(error);
    }
  }

  #token: string | null = null;
  #expiresAt = 0;
  private _renewal: Promise<Tokens> | null = null;
  private _confirming: Promise<boolean> | null = null;
  private readonly _settings: ServerConnection.ISettings;
  private readonly _signedOut = new Signal<this, ApiError>(this);
  private readonly _renewed = new Signal<this, Tokens>(this);
}

/** How long to wait before trying again. Milliseconds; null when trying again makes no sense. */
export function retryDelay(error: unknown, attempt: number): number | null {
  const backoff = Math.min(30_000, 500 * 2 ** attempt);
  if (error instanceof UnreachableError) {
    return backoff;
  }
  if (error instanceof BusyError) {
    return error.retryAfter === null ? backoff : error.retryAfter * 1000;
  }
  return null;
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

function answerOf<T>(response: Response, data: T): IAnswer<T> {
  return {
    status: response.status,
    data,
    etag: response.headers.get('ETag'),
    headers: response.headers
  };
}

/** A creation that the service carries out once, however often it is sent. */
export function creation(json: unknown, key: string = UUID.uuid4()): IRequest {
  return { method: 'POST', json, idempotencyKey: key };
}

function setHeader(
  headers: Headers,
  name: string,
  value: string | undefined
): void {
  if (value !== undefined) {
    headers.set(name, value);
  }
}

function queryOf(query: IRequest['query']): string {
  const pairs = Object.entries(query ?? {}).filter(
    ([, value]) => value !== undefined && value !== null && value !== ''
  );
  if (pairs.length === 0) {
    return '';
  }
  return `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString()}`;
}

function withTimeout(
  signal: AbortSignal | undefined,
  read: boolean
): AbortSignal | null {
  if (!read) {
    return signal ?? null;
  }
  const timeout = AbortSignal.timeout(READ_TIMEOUT);
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}
