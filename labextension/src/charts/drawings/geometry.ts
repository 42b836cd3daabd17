/**
 * Shapes of drawings in pixels, and what lies under a pointer. Knows neither chart nor page.
 */
import type { Drawing, IDrawingPoint } from './state';
import { LEVELS } from './state';

export interface IPixel {
  x: number;
  y: number;
}

export interface ISize {
  width: number;
  height: number;
}

export interface ILine {
  from: IPixel;
  to: IPixel;
  /** What stands above its left end. */
  label?: string;
  /** Only shows how the points belong together. */
  isGuide?: boolean;
}

export interface IBox {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** A drawing in pixels. */
export interface IShape {
  lines: ILine[];
  /** What is filled. */
  box: IBox | null;
  text: { box: IBox; lines: string[] } | null;
  /** Its points, to drag them. */
  anchors: IPixel[];
}

/** What a shape needs to know of the chart. */
export interface IFrame {
  size: ISize;
  /** Where a point is; x is null for one without time. Null: nowhere, such as a price below zero in a log scale. */
  locate: (point: IDrawingPoint) => { x: number | null; y: number } | null;
  /** Width of a text in pixels. */
  measure: (text: string) => number;
  price: (value: number) => string;
}

/** What of a drawing is under the pointer: one of its points, or something else of it. */
export type Hit = { point: number } | { point: null };

/** Pixels around a line that count as the line. */
export const NEAR = 6;

/** Pixels around a point that count as the point. */
export const NEAR_POINT = 9;

/** Height of a line of text. */
export const LINE_HEIGHT = 18;

const PADDING = 4;

/** Pixels between a drawing and what stands beside it. */
const GAP = 10;

/** The shape of a drawing; null: it cannot be shown here. */
export function shapeOf(drawing: Drawing, frame: IFrame): IShape | null {
  const { size } = frame;
  const anchors: IPixel[] = [];
  for (const point of drawing.points) {
    const at = frame.locate(point);
    if (!at) {
      return null;
    }
    // A horizontal line is held in its middle, also one that a document gives a time.
    const isLevel = drawing.kind === 'horizontal';
    anchors.push({
      x: isLevel || at.x === null ? size.width / 2 : at.x,
      y: at.y
    });
  }
  const shape: IShape = { lines: [], box: null, text: null, anchors };
  const [a, b] = anchors;
  switch (drawing.kind) {
    case 'horizontal':
      shape.lines.push({
        from: { x: 0, y: a.y },
        to: { x: size.width, y: a.y },
        ...(drawing.text ? { label: drawing.text } : {})
      });
      break;
    case 'trend':
      shape.lines.push(extended(a, b, drawing.extend, size));
      break;
    case 'rectangle':
      shape.box = boxOf(a, b, drawing.extend, size);
      shape.lines.push(...edges(shape.box));
      break;
    case 'fibonacci':
      shape.lines.push(
        { from: a, to: b, isGuide: true },
        ...levels(drawing, boxOf(a, b, drawing.extend, size), frame)
      );
      break;
    case 'text':
      shape.text = textOf(drawing.text, a, frame);
      break;
  }
  return shape;
}

/**
 * What of a shape is at a pixel. The inside of a box counts only where `inside` says so: else one could not move the
 * chart behind a large rectangle.
 */
export function hit(shape: IShape, at: IPixel, inside = false): Hit | null {
  const point = shape.anchors.findIndex(
    anchor => distance(anchor, at) <= NEAR_POINT
  );
  if (point >= 0 && shape.text === null) {
    return { point };
  }
  const isOn =
    shape.lines.some(line => distanceTo(line, at) <= NEAR) ||
    (shape.text !== null && isWithin(shape.text.box, at)) ||
    (inside && shape.box !== null && isWithin(shape.box, at));
  return isOn ? { point: null } : null;
}

/** What a shape takes in; at most the whole of what is in sight. */
export function extentOf(shape: IShape, size: ISize): IBox {
  const { text, box } = shape;
  const corners = [
    ...shape.anchors,
    ...shape.lines.flatMap(line => [line.from, line.to]),
    ...[text?.box, box].flatMap(one =>
      one
        ? [
            { x: one.left, y: one.top },
            { x: one.right, y: one.bottom }
          ]
        : []
    )
  ];
  const within = (value: number, most: number): number =>
    Math.min(most, Math.max(0, value));
  const xs = corners.map(({ x }) => within(x, size.width));
  const ys = corners.map(({ y }) => within(y, size.height));
  return {
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: Math.min(...ys),
    bottom: Math.max(...ys)
  };
}

/** Where something of a size stands beside a box: above it, else below it, else at the top; always within the room. */
export function beside(box: IBox, size: ISize, room: ISize): IPixel {
  const above = box.top - size.height - GAP;
  const below = box.bottom + GAP;
  const y =
    above >= 0 ? above : below + size.height <= room.height ? below : GAP;
  const x = (box.left + box.right - size.width) / 2;
  return { x: Math.max(0, Math.min(room.width - size.width, x)), y };
}

/** Distance of a pixel from a line between its two ends. */
export function distanceTo(line: ILine, at: IPixel): number {
  const { from, to } = line;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const square = dx * dx + dy * dy;
  const along =
    square === 0 ? 0 : ((at.x - from.x) * dx + (at.y - from.y) * dy) / square;
  const share = Math.min(1, Math.max(0, along));
  return distance({ x: from.x + share * dx, y: from.y + share * dy }, at);
}

/** The line through two pixels, up to the edges where it goes on. */
export function extended(
  a: IPixel,
  b: IPixel,
  extend: Drawing['extend'],
  size: ISize
): ILine {
  const [left, right] = a.x <= b.x ? [a, b] : [b, a];
  const slope = (right.y - left.y) / (right.x - left.x);
  const at = (x: number): IPixel => ({ x, y: left.y + (x - left.x) * slope });
  const isLevel = Number.isFinite(slope);
  const goes = (side: 'left' | 'right'): boolean =>
    isLevel && (extend === side || extend === 'both');
  return {
    from: goes('left') ? at(Math.min(0, left.x)) : left,
    to: goes('right') ? at(Math.max(size.width, right.x)) : right
  };
}

function boxOf(
  a: IPixel,
  b: IPixel,
  extend: Drawing['extend'],
  size: ISize
): IBox {
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  return {
    left: extend === 'left' || extend === 'both' ? Math.min(0, left) : left,
    right:
      extend === 'right' || extend === 'both'
        ? Math.max(size.width, right)
        : right,
    top: Math.min(a.y, b.y),
    bottom: Math.max(a.y, b.y)
  };
}

function edges({ left, top, right, bottom }: IBox): ILine[] {
  const corners = [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom }
  ];
  return corners.map((from, i) => ({ from, to: corners[(i + 1) % 4] }));
}

/** 0 is at the second point, where the move ended, and 1 at the first; each level at its price, in any scale. */
function levels(drawing: Drawing, box: IBox, frame: IFrame): ILine[] {
  const [start, end] = drawing.points;
  return (drawing.levels ?? LEVELS).flatMap(level => {
    const price = end.price + (start.price - end.price) * level;
    const y = frame.locate({ time: null, price })?.y;
    const share = Number((level * 100).toFixed(2));
    return y === undefined
      ? []
      : [
          {
            from: { x: box.left, y },
            to: { x: box.right, y },
            label: `${share}% (${frame.price(price)})`
          }
        ];
  });
}

function textOf(text: string, at: IPixel, frame: IFrame): IShape['text'] {
  const lines = text.split('\n');
  const width = Math.max(...lines.map(line => frame.measure(line)));
  return {
    lines,
    box: {
      left: at.x,
      top: at.y,
      right: at.x + width + 2 * PADDING,
      bottom: at.y + lines.length * LINE_HEIGHT + PADDING
    }
  };
}

function distance(a: IPixel, b: IPixel): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function isWithin(box: IBox, { x, y }: IPixel): boolean {
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}
