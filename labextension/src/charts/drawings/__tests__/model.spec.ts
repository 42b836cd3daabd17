import { describe, expect, it } from 'vitest';

import type { IMarketClient } from '../../model';
import { ChartModel } from '../../model';
import { readState } from '../../state';
import { DrawingsModel } from '../model';
import type { Drawing } from '../state';
import { DRAWINGS_MAX, newDrawing, pointAt, readDrawings } from '../state';

const NO_CLIENT = {} as IMarketClient;

function chart(drawings: unknown = []): [ChartModel, DrawingsModel] {
  const model = new ChartModel(NO_CLIENT, {
    ...readState({}),
    drawings: readDrawings(drawings)
  });
  return [model, new DrawingsModel(model)];
}

const point = (day: number, price: number): Drawing['points'][number] =>
  pointAt('trend', Date.UTC(2024, 0, day), price);
const line = (price: number): Drawing =>
  newDrawing('horizontal', [{ time: null, price }]);

describe('DrawingsModel', () => {
  it('makes a drawing of as many points as it needs, and lays the tool away', () => {
    const [model, drawings] = chart();
    drawings.take('trend');
    expect(drawings.place(point(1, 10))).toBe(false);
    drawings.preview(point(2, 15));
    expect(drawings.shown).toHaveLength(1);
    expect(model.state.drawings).toEqual([]);
    expect(drawings.place(point(3, 20))).toBe(true);
    expect(model.state.drawings.map(one => one.points)).toEqual([
      [point(1, 10), point(3, 20)]
    ]);
    expect(drawings.tool).toBeNull();
    expect(drawings.selected).toBe(model.state.drawings[0]);
  });

  it('says once that drawings changed, and nothing of the look', async () => {
    const [model] = chart();
    const said: string[] = [];
    model.changed.connect((_, what) => said.push(what));
    await model.set({ drawings: [line(1)] });
    expect(said).toEqual(['drawings']);
    await model.set({ drawings: [], style: 'line' });
    expect(said).toEqual(['drawings', 'drawings', 'look']);
  });

  it('cancels step by step: the drawing, the tool, the selection', () => {
    const [model, drawings] = chart([line(1)]);
    drawings.take('rectangle');
    drawings.place(point(1, 10));
    expect(drawings.cancel()).toBe(true);
    expect([drawings.isPlacing, drawings.tool]).toEqual([false, 'rectangle']);
    expect(drawings.cancel()).toBe(true);
    expect(drawings.tool).toBeNull();
    drawings.select(model.state.drawings[0].id);
    expect(drawings.cancel()).toBe(true);
    expect(drawings.cancel()).toBe(false);
    expect(model.state.drawings).toHaveLength(1);
  });

  it('keeps what was dragged as one step, or drops it', () => {
    const [model, drawings] = chart([line(1)]);
    const [before] = model.state.drawings;
    drawings.adjust({ ...before, points: [{ time: null, price: 2 }] });
    drawings.adjust({ ...before, points: [{ time: null, price: 3 }] });
    expect(model.state.drawings[0]).toBe(before);
    drawings.commit();
    expect(model.state.drawings[0].points[0].price).toBe(3);
    drawings.undo();
    expect(model.state.drawings[0]).toBe(before);
    drawings.redo();
    expect(model.state.drawings[0].points[0].price).toBe(3);
    drawings.adjust(before);
    drawings.cancel();
    drawings.commit();
    expect(model.state.drawings[0].points[0].price).toBe(3);
  });

  it('deletes, and undo brings back', () => {
    const [model, drawings] = chart([line(1), line(2)]);
    const [first] = model.state.drawings;
    drawings.remove(first.id);
    expect(model.state.drawings).toHaveLength(1);
    drawings.undo();
    expect(model.state.drawings[0]).toBe(first);
    expect([drawings.canUndo, drawings.canRedo]).toEqual([false, true]);
  });

  it('has no way back over drawings that came from elsewhere', async () => {
    const [model, drawings] = chart();
    drawings.add(line(1));
    expect(drawings.canUndo).toBe(true);
    await model.set({ drawings: [line(2)] });
    expect(drawings.canUndo).toBe(false);
  });

  it('selects one after the other', () => {
    const [model, drawings] = chart([line(1), line(2)]);
    const ids = model.state.drawings.map(one => one.id);
    const chosen = ([1, 1, 1, -1] as const).map(step => {
      drawings.selectNext(step, model.state.drawings);
      return ids.indexOf(drawings.selected!.id);
    });
    expect(chosen).toEqual([0, 1, 0, 1]);
  });

  it('takes no tool in hand when the chart is full', () => {
    const [, drawings] = chart(
      Array.from({ length: DRAWINGS_MAX + 1 }, (_, i) => line(i))
    );
    expect(drawings.isFull).toBe(true);
    drawings.take('trend');
    expect(drawings.tool).toBeNull();
  });
});

describe('readDrawings', () => {
  it('reads what it wrote, to the letter', () => {
    const written = [
      newDrawing('trend', [point(1, 10), point(2, 20)]),
      { ...line(5), colour: '#ff0000', width: 3, line: 'dashed' as const },
      newDrawing('text', [point(3, 1)], 'Über')
    ];
    expect(readDrawings(JSON.parse(JSON.stringify(written)))).toEqual(written);
  });

  it('completes what is short and leaves out what makes no sense', () => {
    const read = readDrawings([
      { kind: 'horizontal', points: [{ price: 4 }] },
      { kind: 'horizontal', points: [{ price: '4' }] },
      { kind: 'trend', points: [{ price: 4 }, { price: 5 }] },
      { kind: 'circle', points: [] },
      { kind: 'trend', points: [point(1, 2)] },
      null
    ]);
    expect(read.map(({ id: _, ...rest }) => rest)).toEqual([
      {
        kind: 'horizontal',
        points: [{ time: null, price: 4 }],
        pane: 'main',
        colour: null,
        width: 1,
        line: 'solid',
        extend: 'none',
        text: '',
        levels: null,
        locked: false,
        visible: true
      }
    ]);
    expect(readDrawings('nothing')).toEqual([]);
  });

  it('gives every drawing an id of its own', () => {
    const same = line(1);
    const ids = readDrawings([same, same]).map(one => one.id);
    expect(ids[0]).toBe(same.id);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('pointAt', () => {
  it('stays within times that a document can hold', () => {
    expect(pointAt('trend', 1e18, 1).time).toBe('9999-12-30T00:00:00.000Z');
    expect(pointAt('text', -1e18, 1).time).toBe('0001-01-02T00:00:00.000Z');
    expect(pointAt('horizontal', 0, 1.23456789012).time).toBeNull();
  });
});
