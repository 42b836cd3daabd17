/**
 * One request to the service and its answer, without a memory of who is signed in.
 */
import { ServerConnection } from '@jupyterlab/services';

import { UnreachableError, toApiError } from './errors';
import { readWithProgress } from './progress';

/** A read, or a call of the session, that takes longer is reported as unreachable. Milliseconds. */
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
  /** Told of a `blob` as it comes, in bytes; `total` is null when not known. Such a read may take its time. */
  onProgress?: (received: number, total: number | null) => void;
  /** The browser may keep the answer, and asks each time whether it is still right. */
  isKept?: boolean;
  /** A call of the session itself: sent at once, and a 401 is the caller's to read. */
  ofSession?: boolean;
  /** Sent without the access token: as whoever holds this Jupyter server, or as nobody. */
  asNobody?: boolean;
  /** Milliseconds until it is reported as unreachable; null: as long as it takes. */
  timeout?: number | null;
}

/** What came back. */
export interface IAnswer<T> {
  status: number;
  data: T;
  /** The ETag header as sent, or null. */
  etag: string | null;
  headers: Headers;
}

/**
 * Send one request and read its answer. `token`: the access token of whom it is sent as; null sends none.
 *
 * @throws ApiError (a subclass by status), UnreachableError, or a DOMException named AbortError.
 */
export async function transmit<T>(
  settings: ServerConnection.ISettings,
  url: string,
  token: string | null,
  options: IRequest
): Promise<IAnswer<T>> {
  const response = await ask(settings, url, token, options);
  if (response.status === 204) {
    return answerOf(response, undefined as T);
  }
  if (response.ok && options.answer === 'blob') {
    const { onProgress } = options;
    const reading = onProgress
      ? readWithProgress(response, onProgress)
      : response.blob();
    const blob = await received(reading, options.signal);
    return answerOf(response, blob as T);
  }
  const text = await received(response.text(), options.signal);
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

async function ask(
  settings: ServerConnection.ISettings,
  url: string,
  token: string | null,
  options: IRequest
): Promise<Response> {
  const method = options.method ?? 'GET';
  const headers = new Headers({ Accept: 'application/json' });
  if (token !== null) {
    headers.set('X-QuantLab-Session', token);
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
  const isShort = (isRead(options) && !options.onProgress) || options.ofSession;
  const { timeout = isShort ? READ_TIMEOUT : null } = options;
  const signal = withTimeout(options.signal, timeout);
  const sent = ServerConnection.makeRequest(
    `${url}${queryOf(options.query)}`,
    {
      method,
      headers,
      body,
      signal,
      ...(options.isKept ? { cache: 'no-cache' as const } : {})
    },
    settings
  );
  return received(sent, options.signal);
}

/** Whether it only reads. */
export function isRead(options: IRequest): boolean {
  return (options.method ?? 'GET') === 'GET';
}

/**
 * What comes over the network, at whatever point that breaks.
 *
 * @throws UnreachableError, or a DOMException named AbortError when `signal` gave it up.
 */
async function received<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (signal?.aborted) {
      throw new DOMException('The request was given up.', 'AbortError');
    }
    throw new UnreachableError(error);
  }
}

function answerOf<T>(response: Response, data: T): IAnswer<T> {
  return {
    status: response.status,
    data,
    etag: response.headers.get('ETag'),
    headers: response.headers
  };
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
  milliseconds: number | null
): AbortSignal | null {
  if (milliseconds === null) {
    return signal ?? null;
  }
  const timeout = AbortSignal.timeout(milliseconds);
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}
