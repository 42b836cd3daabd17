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

  it('stays gone when it is deleted while it is dragged', async () => {
    const [model, drawings] = chart([line(1), line(2)]);
    const [first, second] = model.state.drawings;
    drawings.adjust({ ...first, points: [{ time: null, price: 5 }] });
    await model.set({ drawings: [second] });
    expect(drawings.shown).toEqual([second]);
    // The hand goes on moving.
    drawings.adjust({ ...first, points: [{ time: null, price: 6 }] });
    drawings.commit();
    expect(drawings.shown).toEqual([second]);
    drawings.adjust({ ...second, points: [{ time: null, price: 7 }] });
    drawings.remove(second.id);
    drawings.adjust(second);
    expect(drawings.shown).toEqual([]);
  });

  it('is dragged on when another one changes elsewhere', async () => {
    const [model, drawings] = chart([line(1), line(2)]);
    const [first, second] = model.state.drawings;
    const dragged = { ...first, points: [{ time: null, price: 5 }] };
    const theirs = { ...second, colour: '#ff0000' };
    drawings.adjust(dragged);
    await model.set({ drawings: [first, theirs] });
    drawings.commit();
    expect(model.state.drawings).toEqual([dragged, theirs]);
  });

  it('keeps the first of two points when drawings come from elsewhere', async () => {
    const [model, drawings] = chart();
    drawings.take('trend');
    drawings.place(point(1, 10));
    const theirs = line(3);
    await model.set({ drawings: [theirs] });
    expect(drawings.isPlacing).toBe(true);
    drawings.place(point(2, 20));
    expect(model.state.drawings).toHaveLength(2);
  });

  it('can still be undone when the same drawings come back from a layout', async () => {
    const [model, drawings] = chart();
    drawings.add(line(1));
    const copy = JSON.parse(JSON.stringify(model.state.drawings)) as Drawing[];
    await model.set({ drawings: copy, style: 'line' });
    expect(drawings.canUndo).toBe(true);
    drawings.undo();
    expect(model.state.drawings).toEqual([]);
  });

  it('changes what a drawing is like in one step, and in none when nothing changes', () => {
    const [model, drawings] = chart([line(1)]);
    const [before] = model.state.drawings;
    drawings.change(before.id, { width: 3, line: 'dashed' });
    expect(model.state.drawings[0]).toEqual({
      ...before,
      width: 3,
      line: 'dashed'
    });
    drawings.change(before.id, { width: 3 });
    drawings.select(before.id);
    drawings.adjust({ ...model.state.drawings[0] });
    drawings.commit();
    drawings.undo();
    expect(model.state.drawings[0]).toBe(before);
    expect(drawings.canUndo).toBe(false);
    drawings.change('nobody', { width: 2 });
    expect(drawings.canUndo).toBe(false);
  });

  it('keeps a style that is being tried when something else is done', () => {
    const [model, drawings] = chart([line(1), line(2)]);
    const [first, second] = model.state.drawings;
    drawings.select(first.id);
    drawings.adjust({ ...first, colour: '#00ff00' });
    drawings.select(second.id);
    expect(model.state.drawings[0].colour).toBe('#00ff00');
    drawings.undo();
    expect(model.state.drawings[0].colour).toBeNull();
  });

  it('brings one to the front, once', () => {
    const [model, drawings] = chart([line(1), line(2)]);
    const [first, second] = model.state.drawings;
    drawings.toFront(first.id);
    expect(model.state.drawings).toEqual([second, first]);
    drawings.toFront(first.id);
    drawings.undo();
    expect(model.state.drawings).toEqual([first, second]);
    expect(drawings.canUndo).toBe(false);
  });

  it('adds nothing to a chart that is full', () => {
    const [model, drawings] = chart(
      Array.from({ length: DRAWINGS_MAX }, (_, i) => line(i))
    );
    drawings.add(line(0.5));
    expect(model.state.drawings).toHaveLength(DRAWINGS_MAX);
  });

  it('draws in the pane of the first point, and forgets what was in the pane of a study that goes', async () => {
    const [model, drawings] = chart([line(1)]);
    await model.set({
      studies: [{ id: 'rsi-1', study: 'ta.rsi', inputs: {} }]
    });
    drawings.take('trend');
    drawings.place(point(1, 30), 'rsi-1');
    drawings.place(point(2, 70), 'main');
    expect(model.state.drawings.map(one => one.pane)).toEqual([
      'main',
      'rsi-1'
    ]);
    drawings.add(line(2));
    await model.removeStudy('rsi-1');
    expect(model.state.drawings.map(one => one.pane)).toEqual(['main', 'main']);
    // What nobody could see does not come back with a step of undo, and no step does nothing.
    drawings.undo();
    expect(model.state.drawings.map(one => one.pane)).toEqual(['main']);
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
