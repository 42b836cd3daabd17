import { nullTranslator } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { describe, expect, it } from 'vitest';

import type { LayoutDocument } from '../../api/models';
import { newComparison, readCompare } from '../../charts/compare';
import { newDrawing, readDrawings } from '../../charts/drawings/state';
import {
  FIRST_CHART,
  newStudy,
  readState,
  withoutStudy
} from '../../charts/state';
import {
  inWords,
  linkedWith,
  rangeOf,
  sameDocument,
  setLink,
  setLinked,
  stateOf,
  withRange,
  withState
} from '../document';
import {
  addChart,
  arrange,
  extent,
  newDocument,
  putBack,
  removeChart,
  shapeOf
} from '../grid';

const trans = nullTranslator.load('quantlab');

/** A document as the service has it, with everything that a page does not show. */
const STORED: LayoutDocument = {
  schema_version: 1,
  charts: [
    {
      id: 'one',
      symbol: 'SAMPLE:AAPL',
      timeframe: '1D',
      style: 'line',
      volume: false,
      group: null,
      panes: [
        {
          id: 'main',
          height: 5,
          scale: { mode: 'log', auto: false, inverted: true, low: 1, high: 9 }
        },
        { id: 'below', height: 1 }
      ],
      studies: [
        {
          id: 'ta.rsi',
          key: 'mine',
          inputs: { length: 14, source: 'close' },
          pane: 'below',
          colours: { rsi: '#ff0000' },
          visible: true
        }
      ],
      compare: [{ symbol: 'SAMPLE:MSFT' }],
      drawings: [
        {
          kind: 'horizontal',
          id: 'line',
          points: [{ price: 10 }],
          pane: 'main'
        }
      ]
    }
  ],
  grid: {
    rows: 1,
    columns: 1,
    heights: [1],
    widths: [1],
    cells: [{ chart: 'one', row: 0, column: 0, rows: 1, columns: 1 }]
  },
  groups: [],
  panels: { library: { open: true } },
  view: {
    ranges: {
      one: { start: '2020-01-01T00:00:00Z', end: '2021-01-01T00:00:00Z' }
    }
  },
  theme: null,
  timezone: 'exchange'
};

describe('a chart and its document', () => {
  it('shows what the document says', () => {
    expect(stateOf(STORED.charts[0])).toEqual({
      symbol: 'SAMPLE:AAPL',
      timeframe: '1D',
      style: 'line',
      volume: false,
      scale: 'log',
      studies: [
        {
          id: 'mine',
          study: 'ta.rsi',
          inputs: { length: 14 },
          colours: { rsi: '#ff0000' },
          visible: true,
          pane: 'below'
        }
      ],
      inverted: true,
      heights: { main: 5, mine: 1 },
      scales: { mine: { mode: 'linear', inverted: false } },
      compare: readCompare(STORED.charts[0].compare),
      drawings: readDrawings(STORED.charts[0].drawings)
    });
    expect(stateOf(STORED.charts[0]).drawings).toHaveLength(
      STORED.charts[0].drawings?.length ?? 0
    );
  });

  it('lets the pane of a study go with it, so that a document does not fill with them', () => {
    const { charts } = STORED;
    const state = stateOf(charts[0]);
    const added = newStudy('ta.macd');
    const full = withState(STORED, 'one', {
      ...state,
      heights: { ...state.heights, [added.id]: 2 },
      studies: [...state.studies, added]
    });
    const shown = stateOf(full.charts[0]);
    const left = withState(full, 'one', {
      ...shown,
      ...withoutStudy(shown, added.id)
    });
    expect(left.charts[0].panes).toEqual(charts[0].panes);
    // What the chart shows is what the document says: nothing is left to write.
    expect(stateOf(left.charts[0])).toEqual(state);
    // A pane in which something is drawn stays, and so does one of which nobody here knows.
    const drawn = newDrawing('horizontal', [{ time: null, price: 1 }]);
    const other = withState(full, 'one', {
      ...shown,
      ...withoutStudy(shown, added.id),
      drawings: [{ ...drawn, pane: added.id }]
    });
    expect(other.charts[0].panes).toHaveLength(charts[0].panes!.length + 1);
  });

  it('takes heights of panes, colours and what is hidden from the chart', () => {
    const state = stateOf(STORED.charts[0]);
    const added = newStudy('ta.macd');
    const changed = withState(STORED, 'one', {
      ...state,
      heights: { main: 2, mine: 1.5, [added.id]: 0.5 },
      studies: [
        { ...state.studies[0], colours: { rsi: '#00ff00' }, visible: false },
        added
      ]
    }).charts[0];
    expect(changed.panes?.map(pane => [pane.id, pane.height])).toEqual([
      ['main', 2],
      ['below', 1.5],
      [added.id, 0.5]
    ]);
    // The rest of a pane stays as it was.
    expect(changed.panes?.[0].scale).toEqual(STORED.charts[0].panes?.[0].scale);
    expect(changed.studies?.[0]).toMatchObject({
      colours: { rsi: '#00ff00' },
      visible: false,
      pane: 'below'
    });
    expect(changed.studies?.[1].pane).toBe(added.id);
    expect(stateOf(changed).heights).toEqual({
      main: 2,
      mine: 1.5,
      [added.id]: 0.5
    });
  });

  it('takes scales of panes from the chart, and leaves the rest of them', () => {
    const state = stateOf(STORED.charts[0]);
    const added = newStudy('ta.atr');
    const changed = withState(STORED, 'one', {
      ...state,
      inverted: false,
      studies: [...state.studies, added],
      scales: {
        mine: { mode: 'log', inverted: true },
        [added.id]: { mode: 'linear', inverted: true }
      }
    }).charts[0];
    expect(changed.panes?.[0].scale).toEqual({
      mode: 'log',
      auto: false,
      inverted: false,
      low: 1,
      high: 9
    });
    expect(changed.panes?.[1].scale).toMatchObject({
      mode: 'log',
      inverted: true
    });
    expect(changed.panes?.[2]).toMatchObject({
      id: added.id,
      scale: { mode: 'linear', inverted: true }
    });
    expect(stateOf(changed)).toMatchObject({
      inverted: false,
      scales: { mine: { mode: 'log', inverted: true } }
    });
  });

  it('keeps in which pane a study is, also in a chart made from its state', () => {
    const state = stateOf(STORED.charts[0]);
    expect(state.studies[0].pane).toBe('below');
    const copy = newDocument(state).charts[0];
    expect(copy.studies?.[0].pane).toBe('below');
    expect(copy.panes?.map(pane => pane.id)).toEqual(['main', 'below']);
    const kept = JSON.parse(JSON.stringify(state)) as ReadonlyPartialJSONObject;
    expect(readState(kept)).toMatchObject({
      inverted: true,
      scales: state.scales,
      studies: [{ pane: 'below' }]
    });
  });

  it('keeps what is in sight, which is no edit', () => {
    const range = {
      start: '2022-01-01T00:00:00.000Z',
      end: '2023-01-01T00:00:00.000Z'
    };
    const moved = withRange(STORED, 'one', range);
    expect(rangeOf(moved, 'one')).toEqual(range);
    expect(rangeOf(moved, 'other')).toBeNull();
    expect(sameDocument(moved, STORED)).toBe(true);
    expect(withRange(moved, 'one', { ...range })).toBe(moved);
  });

  it('takes drawings and comparisons from the chart', () => {
    const state = stateOf(STORED.charts[0]);
    const point = { time: '2024-01-02T00:00:00.000Z', price: 1 };
    const line = newDrawing('trend', [point, point]);
    const other = newComparison('SAMPLE:IBM');
    const changed = withState(STORED, 'one', {
      ...state,
      drawings: [...state.drawings, line],
      compare: [...state.compare, other]
    });
    expect(changed.charts[0].drawings).toContainEqual(line);
    expect(changed.charts[0].compare).toContainEqual(other);
    expect(withState(changed, 'one', stateOf(changed.charts[0]))).toBe(changed);
  });

  it('is the very same document while nothing changed', () => {
    const state = { ...FIRST_CHART, ...stateOf(STORED.charts[0]) };
    expect(withState(STORED, 'one', state)).toBe(STORED);
    expect(withState(STORED, 'gone', FIRST_CHART)).toBe(STORED);
  });

  it('keeps what the page does not know', () => {
    const state = stateOf(STORED.charts[0]);
    const [study] = state.studies;
    const added = newStudy('ta.sma', { length: 20 });
    const changed = withState(STORED, 'one', {
      ...state,
      scale: 'linear',
      studies: [{ ...study, inputs: { length: 21 } }, added]
    });
    const [before] = STORED.charts;
    const [after] = changed.charts;
    expect(after.drawings).toBe(before.drawings);
    expect(after.compare).toBe(before.compare);
    expect(after.panes?.[0]).toEqual({
      id: 'main',
      height: 5,
      scale: { mode: 'linear', auto: false, inverted: true, low: 1, high: 9 }
    });
    expect(after.panes?.[1]).toBe(before.panes?.[1]);
    expect(after.studies?.[0]).toEqual({
      ...before.studies?.[0],
      inputs: { length: 21, source: 'close' }
    });
    expect(after.studies?.[1]).toMatchObject({
      id: 'ta.sma',
      key: added.id,
      inputs: { length: 20 },
      pane: null
    });
    expect(changed.panels).toBe(STORED.panels);
    expect(changed.view).toBe(STORED.view);
    expect(changed.timezone).toBe('exchange');
    expect(stateOf(STORED.charts[0]).scale).toBe('log');
  });

  it('compares content, not the order of members or the visible range', () => {
    const other = Object.fromEntries(
      Object.entries(STORED).reverse()
    ) as LayoutDocument;
    expect(sameDocument(STORED, { ...other, view: null })).toBe(true);
    expect(sameDocument(STORED, { ...other, timezone: null })).toBe(false);
  });

  it('says in words what it holds', () => {
    expect(inWords(STORED, trans)).toBe('1 chart: AAPL 1D');
    expect(inWords(arrange(STORED, 'side-by-side'), trans)).toBe(
      '2 charts: AAPL 1D, AAPL 1D'
    );
  });
});

describe('arranging', () => {
  it('adds charts for empty places, without what was drawn on the first', () => {
    const four = arrange(STORED, 'quad');
    expect(four.charts).toHaveLength(4);
    expect(four.charts[0]).toBe(STORED.charts[0]);
    expect(four.charts[3]).toMatchObject({
      symbol: 'SAMPLE:AAPL',
      style: 'line',
      studies: [],
      drawings: []
    });
    expect(new Set(four.charts.map(chart => chart.id)).size).toBe(4);
    expect(four.grid?.cells?.map(cell => [cell.row, cell.column])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1]
    ]);
    expect(shapeOf(four)).toBe('quad');
  });

  it('forgets the ranges of charts that go, and keeps one chart', () => {
    const two = arrange(STORED, 'stacked');
    const second = two.charts[1].id ?? '';
    const rest = removeChart(two, 'one');
    expect(rest.charts.map(chart => chart.id)).toEqual([second]);
    expect(rest.view).toEqual({ ranges: {} });
    expect(shapeOf(rest)).toBe('single');
    expect(removeChart(rest, second)).toBe(rest);
    expect(removeChart(rest, 'gone')).toBe(rest);
  });

  it('puts removed charts back without undoing what was done since', () => {
    const four = arrange(newDocument(), 'quad');
    const [first, , third] = four.charts;
    const viewed = {
      ...four,
      view: { ranges: { [third.id ?? '']: { start: 1, end: 2 } } }
    } as unknown as LayoutDocument;
    const less = removeChart(viewed, third.id ?? '');
    const edited = withState(less, first.id ?? '', {
      ...stateOf(first),
      symbol: 'SAMPLE:IBM'
    });
    const back = putBack(edited, viewed);
    expect(back.charts.map(chart => chart.id)).toEqual(
      four.charts.map(chart => chart.id)
    );
    expect(back.charts[0].symbol).toBe('SAMPLE:IBM');
    expect(back.grid).toEqual(four.grid);
    expect(back.view).toEqual(viewed.view);
    const added = putBack(addChart(less, first.id ?? ''), viewed);
    expect(added.charts).toHaveLength(5);
    expect(added.grid?.cells).toHaveLength(5);
  });

  it('fills the row when a place is left over', () => {
    const two = addChart(newDocument(), '');
    expect(shapeOf(two)).toBe('side-by-side');
    const three = addChart(two, '');
    expect(extent(three)).toEqual({ rows: 2, columns: 2 });
    expect(three.grid?.cells?.[2]).toMatchObject({
      row: 1,
      column: 0,
      columns: 2
    });
    expect(shapeOf(three)).toBeNull();
    expect(shapeOf(addChart(three, ''))).toBe('quad');
  });

  it('leaves somebody’s own arrangement and adds a row', () => {
    const two = arrange(STORED, 'side-by-side');
    const own = {
      ...two,
      grid: {
        ...two.grid,
        widths: [3, 1],
        cells: [...(two.grid?.cells ?? [])].reverse()
      }
    };
    const three = addChart(own, 'one');
    expect(three.grid?.widths).toEqual([3, 1]);
    expect(three.grid?.cells?.slice(0, 2)).toEqual(own.grid.cells);
    expect(three.grid?.cells?.[2]).toMatchObject({
      row: 1,
      column: 0,
      columns: 2
    });
    expect(three.grid?.heights).toHaveLength(2);
  });

  it('stops at as many charts as the service takes', () => {
    let document = newDocument();
    for (let count = 0; count < 40; count++) {
      document = addChart(document, '');
    }
    expect(document.charts).toHaveLength(32);
  });
});

describe('linking', () => {
  const two = arrange(STORED, 'side-by-side');
  const other = two.charts[1].id ?? '';

  it('links all charts the first time, and only in what is asked', () => {
    const linked = setLink(two, 'one', 'symbol', true);
    expect(linkedWith(linked, 'one', 'symbol')).toEqual([other]);
    expect(linkedWith(linked, 'one', 'range')).toEqual([]);
    const unlinked = setLink(linked, other, 'symbol', false);
    expect(linkedWith(unlinked, 'one', 'symbol')).toEqual([]);
    expect(unlinked.groups).toHaveLength(1);
  });

  it('lets one chart go its own way and come back', () => {
    const linked = setLink(two, 'one', 'interval', true);
    const alone = setLinked(linked, other, false);
    expect(linkedWith(alone, 'one', 'interval')).toEqual([]);
    const back = setLinked(alone, other, true);
    expect(linkedWith(back, 'one', 'interval')).toEqual([other]);
  });
});
