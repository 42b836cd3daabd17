import { nullTranslator } from '@jupyterlab/translation';
import { describe as group, expect, it } from 'vitest';

import { toApiError, UnreachableError } from '../../api/errors';
import { describe } from '../problems';

const trans = nullTranslator.load('quantlab');

function refusal(status: number, code: string, more: object = {}): unknown {
  return toApiError(status, '', {
    error: { code, message: 'As the service says it.', ...more }
  });
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

  it('a source of prices that fails says what is wrong, and may be tried again', () => {
    const { message, retry } = describe(refusal(503, 'source_failed'), trans);
    expect(message).toBe('As the service says it.');
    expect(retry).toBe(true);
  });
});
