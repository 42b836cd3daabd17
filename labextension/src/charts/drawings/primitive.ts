/**
 * Draws a chart's drawings with the library, on top of a series whose price scale they follow.
 */
import type {
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  ISeriesPrimitiveAxisView,
  PrimitiveHoveredItem,
  SeriesAttachedParameter,
  Time
} from 'lightweight-charts';

import type { IChartColours } from '../theme';
import { faded } from '../theme';
import type { ILine, IShape } from './geometry';
import { LINE_HEIGHT } from './geometry';
import type { Drawing } from './state';

/** A drawing with its shape. */
export interface IPlaced {
  drawing: Drawing;
  shape: IShape;
  isSelected: boolean;
}

/** What the primitive asks for whenever the library draws. */
export interface IPrimitiveSource {
  placed: () => readonly IPlaced[];
  colours: () => IChartColours;
  /** The cursor over a drawing at this pixel, or null. */
  cursorAt: (x: number, y: number) => string | null;
  price: (value: number) => string;
  /** The library has drawn: what stands beside a drawing may have to follow it. */
  onDrawn: () => void;
}

const FONT_SIZE = 12;
const ANCHOR_RADIUS = 5;
const DASHES: Record<Drawing['line'], number[]> = {
  solid: [],
  dashed: [6, 4],
  dotted: [1, 3]
};

/** The font that drawings are written in, for measuring too. */
export function fontOf(colours: IChartColours): string {
  return `${FONT_SIZE}px ${colours.font}`;
}

export class DrawingsPrimitive implements ISeriesPrimitive<Time> {
  constructor(private readonly _source: IPrimitiveSource) {
    this._views = [{ renderer: () => this._renderer, zOrder: () => 'top' }];
    this._renderer = {
      draw: target => {
        target.useMediaCoordinateSpace(({ context }) => {
          for (const placed of this._source.placed()) {
            draw(context, placed, this._source.colours());
          }
        });
        this._source.onDrawn();
      }
    };
  }

  attached(chart: SeriesAttachedParameter<Time>): void {
    this._requestUpdate = chart.requestUpdate;
  }

  detached(): void {
    this._requestUpdate = () => undefined;
  }

  /** Draw again with the next frame. */
  update(): void {
    this._requestUpdate();
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this._views;
  }

  /** Prices of horizontal lines stand on the price axis. */
  priceAxisViews(): readonly ISeriesPrimitiveAxisView[] {
    const colours = this._source.colours();
    return this._source
      .placed()
      .filter(({ drawing }) => drawing.kind === 'horizontal')
      .map(({ drawing, shape }) => ({
        coordinate: () => shape.anchors[0].y,
        text: () => this._source.price(drawing.points[0].price),
        textColor: () => colours.background,
        backColor: () => colourOf(drawing, colours)
      }));
  }

  hitTest(x: number, y: number): PrimitiveHoveredItem | null {
    const cursorStyle = this._source.cursorAt(x, y);
    return cursorStyle === null
      ? null
      : { externalId: 'drawing', zOrder: 'top', cursorStyle };
  }

  private readonly _views: readonly IPrimitivePaneView[];
  private readonly _renderer: IPrimitivePaneRenderer;
  private _requestUpdate: () => void = () => undefined;
}

/** The colour of a drawing: its own, else one of the theme. */
export function colourOf(drawing: Drawing, colours: IChartColours): string {
  return (
    drawing.colour ?? (drawing.kind === 'text' ? colours.text : colours.line)
  );
}

function draw(
  context: CanvasRenderingContext2D,
  { drawing, shape, isSelected }: IPlaced,
  colours: IChartColours
): void {
  const colour = colourOf(drawing, colours);
  context.save();
  context.font = fontOf(colours);
  context.textBaseline = 'alphabetic';
  context.lineCap = drawing.line === 'dotted' ? 'round' : 'butt';
  context.strokeStyle = colour;
  // Whatever can be seen through of it: bars must be seen behind a box.
  context.fillStyle = faded(solid(colour), 0.12);
  if (shape.box) {
    const { left, top, right, bottom } = shape.box;
    context.fillRect(left, top, right - left, bottom - top);
  }
  context.fillStyle = colour;
  for (const line of shape.lines) {
    context.lineWidth = line.isGuide ? 1 : drawing.width + (isSelected ? 1 : 0);
    context.setLineDash(line.isGuide ? DASHES.dashed : DASHES[drawing.line]);
    stroke(context, line);
  }
  context.setLineDash([]);
  if (shape.text) {
    write(context, shape.text, isSelected);
  }
  if (isSelected) {
    drawAnchors(context, shape, colours);
  }
  context.restore();
}

/** `#rrggbb` of a colour with or without transparency. */
export function solid(colour: string): string {
  return colour.startsWith('#') ? colour.slice(0, 7) : colour;
}

function stroke(context: CanvasRenderingContext2D, line: ILine): void {
  context.beginPath();
  context.moveTo(line.from.x, line.from.y);
  context.lineTo(line.to.x, line.to.y);
  context.stroke();
  if (line.label) {
    context.fillText(line.label, Math.max(4, line.from.x + 4), line.from.y - 4);
  }
}

function write(
  context: CanvasRenderingContext2D,
  text: NonNullable<IShape['text']>,
  isSelected: boolean
): void {
  const { box, lines } = text;
  lines.forEach((line, i) =>
    context.fillText(line, box.left + 4, box.top + (i + 1) * LINE_HEIGHT - 2)
  );
  if (isSelected) {
    context.setLineDash(DASHES.dashed);
    context.lineWidth = 1;
    context.strokeRect(
      box.left,
      box.top,
      box.right - box.left,
      box.bottom - box.top
    );
    context.setLineDash([]);
  }
}

function drawAnchors(
  context: CanvasRenderingContext2D,
  shape: IShape,
  colours: IChartColours
): void {
  if (shape.text) {
    return;
  }
  context.fillStyle = colours.background;
  context.lineWidth = 2;
  for (const { x, y } of shape.anchors) {
    context.beginPath();
    context.arc(x, y, ANCHOR_RADIUS, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}
