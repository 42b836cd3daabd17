/**
 * Drawings as a layout's document has them.
 */
import { UUID } from '@lumino/coreutils';

import type { components } from '../../api/types';
import { MAIN_PANE } from '../ids';

type Document = components['schemas']['Drawing'];

/** A point in time and price. Only a horizontal line's has no time. */
export interface IDrawingPoint {
  /** ISO 8601 in UTC. */
  time: string | null;
  price: number;
}

/** A drawing, complete. */
export type Drawing = Omit<Required<Document>, 'id' | 'points'> & {
  id: string;
  points: IDrawingPoint[];
};

export type DrawingKind = Drawing['kind'];

export const KINDS: readonly DrawingKind[] = [
  'trend',
  'horizontal',
  'rectangle',
  'fibonacci',
  'text'
];

/** Points that a drawing is made of. */
export const POINTS: Record<DrawingKind, number> = {
  horizontal: 1,
  trend: 2,
  rectangle: 2,
  fibonacci: 2,
  text: 1
};

/** As many as a chart of a document can have. */
export const DRAWINGS_MAX = 200;

/** Characters that a text can have. */
export const TEXT_MAX = 2000;

/** Levels of a Fibonacci retracement that says none. */
export const LEVELS: readonly number[] = [
  0, 0.236, 0.382, 0.5, 0.618, 0.786, 1
];

const PRICE_MAX = 1e15;
// What a document can hold: years of four digits.
const FIRST_TIME = Date.parse('0001-01-02T00:00:00Z');
const LAST_TIME = Date.parse('9999-12-30T00:00:00Z');
const COLOUR = /^#[0-9a-f]{6}([0-9a-f]{2})?$/;
const ID = /^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,63}$/;

/** A drawing with an id of its own, in the theme's colour. */
export function newDrawing(
  kind: DrawingKind,
  points: IDrawingPoint[],
  text = '',
  pane = MAIN_PANE
): Drawing {
  return {
    kind,
    id: UUID.uuid4(),
    points,
    pane,
    colour: null,
    width: 1,
    line: 'solid',
    extend: 'none',
    text,
    levels: null,
    locked: false,
    visible: true
  };
}

/** A point of a drawing of this kind; `time` in milliseconds. */
export function pointAt(
  kind: DrawingKind,
  time: number,
  price: number
): IDrawingPoint {
  const within = Math.min(LAST_TIME, Math.max(FIRST_TIME, Math.round(time)));
  return {
    time: kind === 'horizontal' ? null : new Date(within).toISOString(),
    // What a pixel tells of a price has no more digits than these.
    price: Number(price.toPrecision(10))
  };
}

/** Milliseconds of a point; null: it has no time. */
export function timeOf(point: IDrawingPoint): number | null {
  return point.time === null ? null : Date.parse(point.time);
}

/** Read drawings that were kept or given; what makes no sense is left out. */
export function readDrawings(kept: unknown): Drawing[] {
  if (!Array.isArray(kept)) {
    return [];
  }
  const ids = new Set<string>();
  const read: Drawing[] = [];
  for (const one of kept as unknown[]) {
    const drawing = readDrawing(one);
    if (drawing && read.length < DRAWINGS_MAX) {
      const isNew = !ids.has(drawing.id);
      ids.add(drawing.id);
      read.push(isNew ? drawing : { ...drawing, id: UUID.uuid4() });
    }
  }
  return read;
}

function readDrawing(kept: unknown): Drawing | null {
  if (typeof kept !== 'object' || kept === null) {
    return null;
  }
  const { kind, ...given } = kept as Partial<Drawing>;
  if (kind === undefined || !KINDS.includes(kind)) {
    return null;
  }
  const points = readPoints(kind, given.points);
  if (!points) {
    return null;
  }
  const base = newDrawing(kind, points);
  return {
    ...base,
    id: matching(ID, given.id) ?? base.id,
    pane: matching(ID, given.pane) ?? base.pane,
    colour: matching(COLOUR, given.colour) ?? null,
    width:
      Number.isInteger(given.width) && given.width! >= 1 && given.width! <= 10
        ? given.width!
        : base.width,
    line: oneOf(['solid', 'dashed', 'dotted'], given.line, base.line),
    extend: oneOf(['none', 'left', 'right', 'both'], given.extend, base.extend),
    text:
      typeof given.text === 'string'
        ? given.text.slice(0, TEXT_MAX)
        : base.text,
    levels: Array.isArray(given.levels)
      ? given.levels.filter(level => isPrice(level)).slice(0, 30)
      : null,
    locked: given.locked === true,
    visible: given.visible !== false
  };
}

function readPoints(kind: DrawingKind, kept: unknown): IDrawingPoint[] | null {
  if (!Array.isArray(kept) || kept.length !== POINTS[kind]) {
    return null;
  }
  const points: IDrawingPoint[] = [];
  for (const one of kept as (Partial<IDrawingPoint> | null)[]) {
    const time = one?.time ?? null;
    const isTime = typeof time === 'string' && !Number.isNaN(Date.parse(time));
    if (!isPrice(one?.price) || (!isTime && kind !== 'horizontal')) {
      return null;
    }
    points.push({ time: isTime ? time : null, price: one.price });
  }
  return points;
}

function isPrice(value: unknown): value is number {
  return Number.isFinite(value) && Math.abs(value as number) <= PRICE_MAX;
}

function matching(pattern: RegExp, value: unknown): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

function oneOf<T extends string>(
  all: readonly T[],
  value: unknown,
  otherwise: T
): T {
  return all.includes(value as T) ? (value as T) : otherwise;
}
