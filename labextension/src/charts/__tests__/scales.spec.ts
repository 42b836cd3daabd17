import { describe, expect, it } from 'vitest';

import type { Study } from '../../api/models';
import { drawnMode, leastOf, leastValue, panesOf } from '../scales';
import { newStudy } from '../state';

const CATALOGUE = [
  { id: 'ta.sma', pane: 'price', plots: [{ name: 'sma' }] },
  { id: 'ta.rsi', pane: 'own', plots: [{ name: 'rsi' }] },
  { id: 'ta.atr', pane: 'own', plots: [{ name: 'atr' }] }
] as unknown as Study[];

describe('scales of panes', () => {
  it('zero and less are counted by a linear scale', () => {
    for (const mode of ['log', 'percent', 'indexed'] as const) {
      expect(drawnMode(mode, 0.01)).toBe(mode);
      expect(drawnMode(mode, 0)).toBe('linear');
      expect(drawnMode(mode, -3)).toBe('linear');
    }
    expect(drawnMode('log', Infinity)).toBe('log');
  });

  it('the least of a column follows its newest value', () => {
    const column = [3, 2, 5];
    expect(leastOf(column)).toBe(2);
    column[2] = -1;
    expect(leastOf(column)).toBe(-1);
    column[2] = 4;
    expect(leastOf(column)).toBe(2);
    expect(leastOf([])).toBe(Infinity);
  });

  it('the least figure of a study does not count gaps', () => {
    expect(leastValue({ a: [null, 3], b: [2, null] })).toBe(2);
    expect(leastValue(null)).toBe(Infinity);
  });
});

describe('panes of studies', () => {
  const of = (...given: [study: string, pane?: string][]): number[] => {
    const studies = given.map(([study, pane]) => ({
      ...newStudy(study),
      pane
    }));
    const panes = panesOf(studies, CATALOGUE);
    return studies.map(({ id }) => panes.get(id) ?? -1);
  };

  it('each where it belongs', () => {
    expect(of(['ta.sma'], ['ta.rsi'], ['ta.atr'])).toEqual([0, 1, 2]);
  });

  it('two that name one pane share it', () => {
    expect(of(['ta.rsi', 'low'], ['ta.sma'], ['ta.atr', 'low'])).toEqual([
      1, 0, 1
    ]);
  });

  it('over the prices, or below them, where the document says so', () => {
    expect(of(['ta.rsi', 'main'], ['ta.atr'])).toEqual([0, 1]);
    expect(of(['ta.sma', 'low'], ['ta.rsi'])).toEqual([1, 2]);
  });

  it('one that is missing takes no pane', () => {
    expect(of(['acme.magic'], ['ta.rsi'])).toEqual([-1, 1]);
  });
});
