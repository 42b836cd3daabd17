/**
 * What can go wrong between this page and the service, as classes to tell apart with `instanceof`.
 */
import type { ErrorBody, FieldError, Workflow } from './models';

/** The service was not reached: no connection, a proxy in between, or it is restarting. */
export class UnreachableError extends Error {
  constructor(cause?: unknown) {
    super('The QuantLab service cannot be reached.');
    this.name = 'UnreachableError';
    this.cause = cause;
  }

  override cause: unknown;
}

/** The service refused. `code` is stable; `message` is for people. */
export class ApiError extends Error {
  constructor(status: number, body: ErrorBody) {
    super(body.message);
    this.name = 'ApiError';
    this.status = status;
    this.code = body.code;
    this.requestId = body.request_id;
    this.fields = body.fields ?? [];
    this.details = body;
  }

  /** HTTP status. */
  readonly status: number;
  /** Stable code, for example `name_taken`. */
  readonly code: string;
  /** What an operator finds in the log. Empty when the answer was not the service's own. */
  readonly requestId: string;
  /** Refused members of a payload. */
  readonly fields: readonly FieldError[];
  /** Everything the answer said. */
  readonly details: Readonly<ErrorBody>;

  /** The message at one member, or null. */
  field(path: string): string | null {
    return this.fields.find(field => field.path === path)?.message ?? null;
  }
}

/** 401: nobody is signed in, or the session has ended. */
export class NotSignedInError extends ApiError {
  override readonly name = 'NotSignedInError';
}

/** 403: the scope, the role or a quota says no. */
export class ForbiddenError extends ApiError {
  override readonly name = 'ForbiddenError';
}

/** 404: absent, or not the caller's. */
export class NotFoundError extends ApiError {
  override readonly name = 'NotFoundError';
}

/** 409: another object is in the way, mostly `name_taken`. */
export class ConflictError extends ApiError {
  override readonly name = 'ConflictError';
}

/** 412: someone saved meanwhile. */
export class StaleError extends ApiError {
  override readonly name = 'StaleError';

  /** The stored object (or draft) as it is now; null when the service did not say. */
  get current(): unknown {
    return this.details.current ?? null;
  }

  /** The version the caller started from, when it is still kept. */
  get base(): Partial<Workflow> | null {
    return (this.details.base as Partial<Workflow> | undefined) ?? null;
  }
}

/** 400, 413, 415, 422, 428: what was sent cannot be taken. */
export class InvalidError extends ApiError {
  override readonly name = 'InvalidError';
}

/** 429 and 503: try again later. */
export class BusyError extends ApiError {
  constructor(status: number, body: ErrorBody, retryAfter: number | null) {
    super(status, body);
    this.retryAfter = retryAfter;
  }

  override readonly name = 'BusyError';
  /** Seconds, or null when the service did not say. */
  readonly retryAfter: number | null;
}

/**
 * The error for an answer that is not 2xx.
 *
 * Proxies and Jupyter itself answer in other shapes: those become code `http_<status>`.
 */
export function toApiError(
  status: number,
  statusText: string,
  body: unknown,
  retryAfter: string | null = null
): ApiError {
  const inner = errorBody(body) ?? {
    code: `http_${status}`,
    message: statusText || `The server answered ${status}.`,
    request_id: ''
  };
  switch (status) {
    case 401:
      return new NotSignedInError(status, inner);
    case 403:
      return new ForbiddenError(status, inner);
    case 404:
      return new NotFoundError(status, inner);
    case 409:
      return new ConflictError(status, inner);
    case 412:
      return new StaleError(status, inner);
    case 400:
    case 413:
    case 415:
    case 422:
    case 428:
      return new InvalidError(status, inner);
    case 429:
    case 503: {
      const seconds = retryAfter === null ? NaN : Number(retryAfter);
      return new BusyError(
        status,
        inner,
        Number.isFinite(seconds) ? seconds : null
      );
    }
    default:
      return new ApiError(status, inner);
  }
}

/** True for the rejection of a request that its caller gave up. */
export function isAborted(reason: unknown): boolean {
  return (
    typeof reason === 'object' &&
    reason !== null &&
    'name' in reason &&
    reason.name === 'AbortError'
  );
}

function errorBody(body: unknown): ErrorBody | null {
  if (typeof body !== 'object' || body === null || !('error' in body)) {
    return null;
  }
  const inner = body.error;
  if (typeof inner !== 'object' || inner === null) {
    return null;
  }
  const { code, message } = inner as Partial<ErrorBody>;
  if (typeof code !== 'string' || typeof message !== 'string') {
    return null;
  }
  return { request_id: '', ...(inner as Partial<ErrorBody>), code, message };
}

/** Whether the same request may well work a little later: nothing is wrong with what was sent. */
export function isOutage(error: unknown): boolean {
  return (
    error instanceof UnreachableError ||
    error instanceof BusyError ||
    (error instanceof ApiError && error.status >= 500)
  );
}
