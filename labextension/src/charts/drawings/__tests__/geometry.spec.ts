import { describe, expect, it } from 'vitest';

import type { IFrame } from '../geometry';
import {
  beside,
  distanceTo,
  extended,
  extentOf,
  hit,
  shapeOf
} from '../geometry';
import type { Drawing } from '../state';
import { newDrawing, timeOf } from '../state';

/** A pixel is a second across, and a unit of price from below. */
const frame: IFrame = {
  size: { width: 400, height: 200 },
  locate: point => {
    const time = timeOf(point);
    return point.price <= 0
      ? null
      : { x: time === null ? null : time / 1000, y: 200 - point.price };
  },
  measure: text => text.length * 7,
  price: value => value.toFixed(1)
};
const at = (x: number, price: number): Drawing['points'][number] => ({
  time: new Date(x * 1000).toISOString(),
  price
});

describe('shapeOf', () => {
  it('draws a horizontal line over the whole width, held in the middle', () => {
    const shape = shapeOf(
      newDrawing('horizontal', [{ time: null, price: 50 }]),
      frame
    )!;
    expect(shape.lines).toEqual([
      { from: { x: 0, y: 150 }, to: { x: 400, y: 150 } }
    ]);
    expect(shape.anchors).toEqual([{ x: 200, y: 150 }]);
    const timed = newDrawing('horizontal', [at(9000, 50)]);
    expect(shapeOf(timed, frame)!.anchors).toEqual(shape.anchors);
  });

  it('puts the levels of a retracement at their prices, 0 at the end of the move', () => {
    const shape = shapeOf(
      newDrawing('fibonacci', [at(100, 20), at(200, 120)]),
      frame
    )!;
    expect(shape.lines.slice(1).map(line => line.label)).toEqual([
      '0% (120.0)',
      '23.6% (96.4)',
      '38.2% (81.8)',
      '50% (70.0)',
      '61.8% (58.2)',
      '78.6% (41.4)',
      '100% (20.0)'
    ]);
    expect(shape.lines[1].from).toEqual({ x: 100, y: 80 });
    expect(shape.lines[7].to).toEqual({ x: 200, y: 180 });
  });

  it('takes levels of its own', () => {
    const drawing = {
      ...newDrawing('fibonacci', [at(0, 100), at(10, 200)]),
      levels: [0.25]
    };
    const shape = shapeOf(drawing, frame)!;
    expect(shape.lines.slice(1).map(line => line.label)).toEqual([
      '25% (175.0)'
    ]);
  });

  it('is nothing where a price has no place', () => {
    const drawing = newDrawing('trend', [at(0, 10), at(10, -1)]);
    expect(shapeOf(drawing, frame)).toBeNull();
  });
});

describe('extended', () => {
  const size = frame.size;
  const [a, b] = [
    { x: 100, y: 100 },
    { x: 200, y: 150 }
  ];

  it('goes on to the edges that it should reach, whichever point is first', () => {
    expect(extended(b, a, 'right', size)).toEqual({
      from: a,
      to: { x: 400, y: 250 }
    });
    expect(extended(a, b, 'both', size).from).toEqual({ x: 0, y: 50 });
    expect(extended(a, b, 'none', size)).toEqual({ from: a, to: b });
  });

  it('leaves an upright line as it is', () => {
    const up = { x: 100, y: 20 };
    expect(extended(a, up, 'both', size)).toEqual({ from: a, to: up });
  });
});

describe('hit', () => {
  const trend = shapeOf(
    newDrawing('trend', [at(100, 50), at(300, 50)]),
    frame
  )!;
  const box = shapeOf(
    newDrawing('rectangle', [at(100, 150), at(300, 50)]),
    frame
  )!;

  it('finds points before lines', () => {
    expect(hit(trend, { x: 104, y: 154 })).toEqual({ point: 0 });
    expect(hit(trend, { x: 297, y: 150 })).toEqual({ point: 1 });
    expect(hit(trend, { x: 200, y: 155 })).toEqual({ point: null });
  });

  it('misses what is beside it', () => {
    expect(hit(trend, { x: 200, y: 160 })).toBeNull();
    expect(hit(trend, { x: 320, y: 150 })).toBeNull();
  });

  it('counts the inside of a box only when asked', () => {
    expect(hit(box, { x: 200, y: 100 })).toBeNull();
    expect(hit(box, { x: 200, y: 100 }, true)).toEqual({ point: null });
    expect(hit(box, { x: 200, y: 52 })).toEqual({ point: null });
  });

  it('finds a text as a whole', () => {
    const text = shapeOf(newDrawing('text', [at(100, 100)], 'Hello'), frame)!;
    expect(hit(text, { x: 101, y: 101 })).toEqual({ point: null });
    expect(hit(text, { x: 160, y: 110 })).toBeNull();
  });
});

describe('extentOf', () => {
  it('is the room that a drawing takes, within what is in sight', () => {
    const box = newDrawing('rectangle', [at(100, 150), at(900, 50)]);
    expect(extentOf(shapeOf(box, frame)!, frame.size)).toEqual({
      left: 100,
      right: 400,
      top: 50,
      bottom: 150
    });
    const text = newDrawing('text', [at(100, 100)], 'Hello');
    expect(extentOf(shapeOf(text, frame)!, frame.size)).toEqual({
      left: 100,
      right: 143,
      top: 100,
      bottom: 122
    });
  });
});

describe('distanceTo', () => {
  it('is that of the nearest end beyond the ends, also of a line without length', () => {
    const line = { from: { x: 0, y: 0 }, to: { x: 10, y: 0 } };
    expect(distanceTo(line, { x: 13, y: 4 })).toBe(5);
    expect(distanceTo({ from: line.from, to: line.from }, { x: 3, y: 4 })).toBe(
      5
    );
  });
});

describe('beside', () => {
  const room = { width: 400, height: 200 };
  const size = { width: 100, height: 30 };

  it('is above, else below, else at the top, and never outside', () => {
    const low = { left: 150, right: 250, top: 100, bottom: 150 };
    expect(beside(low, size, room)).toEqual({ x: 150, y: 60 });
    const high = { left: 390, right: 400, top: 10, bottom: 50 };
    expect(beside(high, size, room)).toEqual({ x: 300, y: 60 });
    const whole = { left: 0, right: 20, top: 0, bottom: 200 };
    expect(beside(whole, size, room)).toEqual({ x: 0, y: 10 });
  });
});
