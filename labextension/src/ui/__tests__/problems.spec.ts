import { nullTranslator } from '@jupyterlab/translation';
import { describe as group, expect, it } from 'vitest';

import { toApiError, UnreachableError } from '../../api/errors';
import { describe } from '../problems';

const trans = nullTranslator.load('quantlab');

function refusal(
  status: number,
  code: string,
  more: object = {},
  retryAfter: number | null = null
): unknown {
  const error = { code, message: 'As the service says it.', ...more };
  return toApiError(
    status,
    '',
    { error },
    retryAfter === null ? null : String(retryAfter)
  );
}

group('problems in words', () => {
  it('a symbol that no source has is named, and why that may be', () => {
    const { message, retry } = describe(
      refusal(404, 'unknown_symbol', { symbol: 'ACME:GONE' }),
      trans
    );
    expect(message).toBe(
      'No source has “ACME:GONE”. It may have another name now, or its source is not installed here.'
    );
    expect(retry).toBe(false);
  });

  it('an answer that does not name the symbol is still a sentence', () => {
    expect(describe(refusal(404, 'unknown_symbol'), trans).message).toContain(
      'No source has “?”.'
    );
  });

  it('anything else that is gone may be another person’s', () => {
    const { message, retry } = describe(refusal(404, 'not_found'), trans);
    expect(message).toBe('It is no longer there, or it is not yours.');
    expect(retry).toBe(false);
  });

  it('what the service refuses is said in its words, for each member', () => {
    const fields = [
      { path: 'studies.0.study', code: 'unknown_study', message: 'No such.' }
    ];
    expect(describe(refusal(422, 'invalid', { fields }), trans).message).toBe(
      'No such.'
    );
    expect(describe(refusal(422, 'no_timeframe'), trans).message).toBe(
      'As the service says it.'
    );
  });

  it('an outage may be tried again', () => {
    expect(describe(new UnreachableError(), trans).retry).toBe(true);
    expect(describe(refusal(503, 'busy'), trans).retry).toBe(true);
  });

  it.each([
    [429, 'too_many_requests', 5, 'Try again in 5 seconds.'],
    [429, 'too_many_requests', 89.2, 'Try again in 90 seconds.'],
    [429, 'too_many_requests', 90, 'Try again in 2 minutes.'],
    [503, 'unavailable', 2, 'The service is busy. Try again in 2 seconds.'],
    [503, 'unavailable', null, 'The service is busy. Try again in a moment.'],
    [503, 'paused', 900, 'As the service says it.']
  ])(
    '%i %s says why, and when it may be tried',
    (status, code, later, said) => {
      const { message, retry } = describe(
        refusal(status, code, {}, later),
        trans
      );
      expect(message).toContain(said);
      expect(message.includes('too many')).toBe(status === 429);
      expect(retry).toBe(true);
    }
  );

  it('a source of prices that fails says what is wrong, and may be tried again', () => {
    const { message, retry } = describe(refusal(503, 'source_failed'), trans);
    expect(message).toBe('As the service says it.');
    expect(retry).toBe(true);
  });
});
