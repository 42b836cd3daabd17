/**
 * Errors as people read them: what happened, and what to do.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import {
  ApiError,
  BusyError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  NotSignedInError,
  StaleError,
  UnreachableError
} from '../api/errors';

/** A problem in words. */
export type Problem = {
  /** One sentence on what happened, one on what to do. */
  message: string;
  /** For the fold: code and request id; empty when there is nothing more to say. */
  detail: string;
  /** Trying the same again may work. */
  retry: boolean;
};

/** Put any rejection into words. */
export function describe(error: unknown, trans: TranslationBundle): Problem {
  return {
    message: messageOf(error, trans),
    detail: detailOf(error, trans),
    retry: !(
      error instanceof NotFoundError ||
      error instanceof ForbiddenError ||
      error instanceof InvalidError
    )
  };
}

function messageOf(error: unknown, trans: TranslationBundle): string {
  if (error instanceof UnreachableError) {
    return trans.__(
      'The QuantLab service cannot be reached. Check the connection and try again.'
    );
  }
  if (error instanceof NotSignedInError) {
    return trans.__('You are signed out. Sign in to go on.');
  }
  if (error instanceof BusyError) {
    return busyWords(error, trans);
  }
  if (error instanceof StaleError) {
    return trans.__(
      'It was changed elsewhere meanwhile. Look at the current version and try again.'
    );
  }
  if (error instanceof NotFoundError && error.code === 'unknown_symbol') {
    return trans.__(
      'No source has “%1”. It may have another name now, or its source is not installed here.',
      typeof error.details.symbol === 'string' ? error.details.symbol : '?'
    );
  }
  if (error instanceof NotFoundError) {
    return trans.__('It is no longer there, or it is not yours.');
  }
  if (error instanceof ApiError) {
    if (error.code === 'quota_exceeded') {
      const { used, limit } = error.details;
      return trans.__(
        'Your account is full (%1 of %2). Delete something and try again.',
        Number(used),
        Number(limit)
      );
    }
    if (error.code === 'step_up_required') {
      return trans.__(
        'Nothing was changed, because you did not confirm that it is you.'
      );
    }
    if (error.code === 'second_factor_required') {
      return trans.__(
        'Your role needs a second factor. Set one up in your account, under two-step verification.'
      );
    }
    if (error.code === 'name_taken') {
      return trans.__('This name is taken. Choose another one.');
    }
    return error.fields.length > 0
      ? error.fields.map(field => field.message).join(' ')
      : error.message;
  }
  return error instanceof Error && error.message
    ? error.message
    : trans.__('Something went wrong in this page. Try again.');
}

/** Why the service does not do it now, and when it may. */
function busyWords(error: BusyError, trans: TranslationBundle): string {
  const later = laterOf(error.retryAfter, trans);
  switch (error.code) {
    case 'too_many_requests':
      return `${trans.__('Those were too many requests or attempts in a short time.')} ${later}`;
    case 'unavailable':
      return `${trans.__('The service is busy.')} ${later}`;
    case 'maintenance':
      return trans.__(
        'Maintenance: %1 Try again later.',
        String(error.details.reason)
      );
    default:
      // One thing is out of order: what it says is more than that it is busy.
      return error.message;
  }
}

function laterOf(seconds: number | null, trans: TranslationBundle): string {
  if (!seconds) {
    return trans.__('Try again in a moment.');
  }
  return seconds < 90
    ? trans._n(
        'Try again in %1 second.',
        'Try again in %1 seconds.',
        Math.ceil(seconds)
      )
    : trans._n(
        'Try again in %1 minute.',
        'Try again in %1 minutes.',
        Math.ceil(seconds / 60)
      );
}

function detailOf(error: unknown, trans: TranslationBundle): string {
  if (!(error instanceof ApiError)) {
    return error instanceof UnreachableError && error.cause instanceof Error
      ? error.cause.message
      : '';
  }
  return error.requestId
    ? trans.__('Code %1, request %2', error.code, error.requestId)
    : trans.__('Code %1', error.code);
}
