import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import { estimate } from '../strength';
import { adviceWords, strengthWord } from '../strengthWords';

const trans = nullTranslator.load('quantlab');

describe('the strength of a password', () => {
  it('is low for what people use, and the reason is said', () => {
    const advice = (password: string, own: string[] = []): string => {
      const strength = estimate(password, own);
      expect(strength.score, password).toBeLessThan(3);
      return adviceWords(strength, trans);
    };
    expect(advice('qwertyuiop')).toMatch(/passwords that many people use/);
    expect(advice('aaaaaaaaaaaa')).toMatch(/Repeated/);
    expect(advice('anna.lovelace', ['anna.lovelace@example.org'])).toMatch(
      /Your name and address/
    );
  });

  it('is high for several words that do not belong together', () => {
    const strength = estimate('seven brown foxes beside a kettle', ['anna']);
    expect(strength.score).toBe(4);
    expect(adviceWords(strength, trans)).toBe('');
    expect(strengthWord(4, false, trans)).toBe('Strong.');
  });

  it('is told in words for each step, and being too short goes first', () => {
    const words = [0, 1, 2, 3, 4].map(one => strengthWord(one, false, trans));
    expect(new Set(words).size).toBe(5);
    expect(strengthWord(4, true, trans)).toBe('Too short.');
  });

  it('sees through other signs for letters, also where they go on and on', () => {
    expect(estimate('p4$$w0rd'.repeat(16), []).score).toBeLessThan(2);
  });
});
