import { describe, expect, it } from 'vitest';

import { withAnother } from '../missing';
import { newStudy } from '../state';

describe('a study in the place of one that is missing', () => {
  it('stands where that one stood, with inputs of its own', () => {
    const [before, missing, after] = [
      newStudy('ta.sma'),
      { ...newStudy('acme.magic', { length: 9 }), visible: false },
      newStudy('ta.rsi')
    ];
    const studies = withAnother([before, missing, after], missing.id, 'ta.ema');
    expect(studies.map(one => one.study)).toEqual([
      'ta.sma',
      'ta.ema',
      'ta.rsi'
    ]);
    expect(studies[0]).toBe(before);
    expect(studies[2]).toBe(after);
    expect(studies[1]).toMatchObject({ inputs: {}, visible: false });
    // What the document says of the missing one must not be said of it.
    expect(studies[1].id).not.toBe(missing.id);
  });
});
