import { describe, expect, it } from 'vitest';

import { withAnother } from '../missing';
import { newDrawing } from '../drawings/state';
import { FIRST_CHART, newStudy, withoutStudy, withStudyBack } from '../state';

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

describe('a study that comes back', () => {
  it('has its place, its pane and what was drawn there, and leaves what was done since', () => {
    const [first, gone, last] = ['ta.sma', 'ta.rsi', 'ta.macd'].map(one =>
      newStudy(one)
    );
    const point = { time: '2024-01-02T00:00:00.000Z', price: 50 };
    const drawn = newDrawing('horizontal', [point], '', gone.id);
    const before = {
      ...FIRST_CHART,
      studies: [first, gone, last],
      heights: { main: 5, [gone.id]: 2 },
      scales: { [gone.id]: { mode: 'linear' as const, inverted: true } },
      drawings: [drawn]
    };
    const since = newDrawing('horizontal', [point], '');
    const now = {
      ...before,
      ...withoutStudy(before, gone.id),
      scales: {},
      drawings: [since]
    };
    const back = withStudyBack(now, before, gone.id);
    expect(back).toEqual({
      studies: before.studies,
      heights: before.heights,
      scales: before.scales,
      drawings: [since, drawn]
    });
    // Twice changes nothing.
    expect(withStudyBack({ ...now, ...back }, before, gone.id)).toEqual({});
  });
});
