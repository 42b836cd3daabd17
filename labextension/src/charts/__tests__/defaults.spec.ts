import { describe, expect, it } from 'vitest';

import { newComparison } from '../compare';
import { defaultsOf, stateOfDefaults } from '../defaults';
import { FIRST_CHART, newStudy } from '../state';

describe('chart defaults', () => {
  it('are the product’s own where the person said nothing', () => {
    expect(stateOfDefaults(undefined)).toMatchObject(FIRST_CHART);
    expect(
      stateOfDefaults({
        symbol: null,
        timeframe: null,
        style: null,
        volume: null,
        scale: null,
        studies: []
      })
    ).toMatchObject(FIRST_CHART);
  });

  it('keep what a chart shows, but nothing that belongs to the one chart', () => {
    const state = {
      ...FIRST_CHART,
      symbol: 'SAMPLE:IBM',
      timeframe: '1W' as const,
      style: 'area' as const,
      volume: false,
      studies: [
        {
          ...newStudy('ta.rsi', { length: 21 }),
          colours: { rsi: '#ff0000' },
          visible: false
        }
      ],
      compare: [newComparison('SAMPLE:MSFT')]
    };
    const again = stateOfDefaults(defaultsOf(state));
    expect(again.compare).toEqual([]);
    expect(again).toMatchObject({
      symbol: 'SAMPLE:IBM',
      timeframe: '1W',
      style: 'area',
      volume: false,
      studies: [
        {
          study: 'ta.rsi',
          inputs: { length: 21 },
          colours: { rsi: '#ff0000' },
          visible: false
        }
      ]
    });
  });

  it('name at most as many studies as the service takes', () => {
    const studies = Array.from({ length: 12 }, () => newStudy('ta.sma'));
    expect(defaultsOf({ ...FIRST_CHART, studies }).studies).toHaveLength(10);
  });
});
