/**
 * Drawings on a chart's surface: where they lie, and what mouse, finger and keyboard do with them.
 */
import type { IDisposable } from '@lumino/disposable';
import type { ISeriesApi, Logical, SeriesType } from 'lightweight-charts';

import { withDecimals } from '../formats';
import type { ChartModel } from '../model';
import type { ChartSurface } from '../surface';
import { decimals } from '../summary';
import type { IChartColours } from '../theme';
import { readColours } from '../theme';
import { placeOf, timeAt } from './axis';
import type { Hit, IFrame, IPixel } from './geometry';
import { hit, shapeOf } from './geometry';
import type { DrawingsModel } from './model';
import type { IPlaced } from './primitive';
import { DrawingsPrimitive, fontOf } from './primitive';
import type { Drawing, DrawingKind, IDrawingPoint } from './state';
import { MAIN_PANE, newDrawing, pointAt, POINTS, timeOf } from './state';

/** Pixels that a press may move and still be a click. */
const CLICK = 4;

export interface IDrawingLayerOptions {
  /** Where the chart is drawn; it takes the focus. */
  canvas: HTMLElement;
  surface: ChartSurface;
  chart: ChartModel;
  drawings: DrawingsModel;
  locale: string;
  /** Ask for the words of a text; null: the person thought better of it. */
  askText: (text: string) => Promise<string | null>;
}

/** A press that is going on. */
type Press =
  | { kind: 'place'; from: IPixel }
  | { kind: 'drag'; from: IPixel; drawing: Drawing; hit: Hit };

export class DrawingLayer implements IDisposable {
  constructor(private readonly _options: IDrawingLayerOptions) {
    const { canvas, surface, chart, drawings } = _options;
    this._colours = readColours(canvas);
    this._primitive = new DrawingsPrimitive({
      placed: () => this._placed(),
      colours: () => this._colours,
      cursorAt: (x, y) => this._cursorAt({ x, y }),
      price: value => this._price(value)
    });
    surface.onDraw = () => this._attach();
    if (surface.prices) {
      this._attach();
    }
    canvas.addEventListener('pointerdown', this._onDown, true);
    canvas.addEventListener('pointermove', this._onHover);
    canvas.addEventListener('dblclick', this._onDoubleClick, true);
    drawings.changed.connect(this._onChanged, this);
    chart.changed.connect(this._onChanged, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    const { canvas, surface, chart, drawings } = this._options;
    this._release();
    surface.onDraw = () => undefined;
    canvas.removeEventListener('pointerdown', this._onDown, true);
    canvas.removeEventListener('pointermove', this._onHover);
    canvas.removeEventListener('dblclick', this._onDoubleClick, true);
    drawings.changed.disconnect(this._onChanged, this);
    chart.changed.disconnect(this._onChanged, this);
  }

  /** Where the points of a drawing are, in pixels of the chart; for tests and for who draws around it. */
  pixelsOf(id: string): IPixel[] {
    const found = this._placed().find(({ drawing }) => drawing.id === id);
    return found ? found.shape.anchors : [];
  }

  /** Leave what is going on, as the model's own `cancel`. */
  cancel(): boolean {
    this._release();
    return this._options.drawings.cancel();
  }

  /** Make a drawing with the tool in hand in the middle of what is in sight. */
  placeInMiddle(): void {
    const { tool } = this._options.drawings;
    const { width, height } = this._size;
    if (tool) {
      const places =
        POINTS[tool] === 1
          ? [{ x: width / 2, y: height / 2 }]
          : [
              { x: width / 3, y: height * 0.6 },
              { x: (width * 2) / 3, y: height * 0.4 }
            ];
      const points = places.map(at => this._pointAt(tool, at));
      this._make(tool, points);
    }
  }

  /** Move the selected drawing by bars and by pixels upwards; it is one step of undo. */
  nudge(bars: number, up: number): void {
    const { drawings } = this._options;
    const { selected } = drawings;
    if (selected && !selected.locked) {
      drawings.adjust(this._moved(selected, bars, -up));
      drawings.commit();
    }
  }

  private get _series(): ISeriesApi<SeriesType> | null {
    return this._options.surface.prices;
  }

  private get _size(): { width: number; height: number } {
    const { chart } = this._options.surface;
    return {
      width: chart.timeScale().width(),
      height: chart.panes()[0].getHeight()
    };
  }

  private _attach(): void {
    this._colours = readColours(this._options.canvas);
    this._series?.attachPrimitive(this._primitive);
  }

  private _onChanged(): void {
    const { canvas, drawings } = this._options;
    canvas.classList.toggle('jp-mod-drawing', drawings.tool !== null);
    this._primitive.update();
  }

  /** What is to be drawn, in the order of drawing. */
  private _placed(): IPlaced[] {
    const { drawings } = this._options;
    if (!this._series || this._options.chart.bars.time.length === 0) {
      return [];
    }
    if (drawings.shown.length === 0) {
      return [];
    }
    const frame = this._frame();
    return drawings.shown.flatMap(drawing => {
      const isHere = drawing.visible && drawing.pane === MAIN_PANE;
      const shape = isHere ? shapeOf(drawing, frame) : null;
      const isSelected = drawing === drawings.selected || drawings.isPlacing;
      return shape ? [{ drawing, shape, isSelected }] : [];
    });
  }

  private _frame(): IFrame {
    const [origin, spacing] = this._bars();
    const { time } = this._options.chart.bars;
    pen.font = fontOf(this._colours);
    return {
      size: this._size,
      locate: point => {
        const y = this._series?.priceToCoordinate(point.price) ?? null;
        const at = timeOf(point);
        return y === null
          ? null
          : { x: at === null ? null : origin + placeOf(time, at) * spacing, y };
      },
      measure: text => pen.measureText(text).width,
      price: value => this._price(value)
    };
  }

  /** Where the first bar is, and pixels from one to the next. The library itself knows whole bars only. */
  private _bars(): [number, number] {
    const scale = this._options.surface.chart.timeScale();
    const first = scale.logicalToCoordinate(0 as Logical) ?? 0;
    const second = scale.logicalToCoordinate(1 as Logical) ?? first + 1;
    return [first, second - first];
  }

  /** The point at a pixel: on the nearest bar, at the price there. */
  private _pointAt(kind: DrawingKind, at: IPixel): IDrawingPoint {
    const [origin, spacing] = this._bars();
    const { time } = this._options.chart.bars;
    const place = Math.round((at.x - origin) / spacing);
    const price = this._series?.coordinateToPrice(at.y) ?? 0;
    return pointAt(kind, timeAt(time, place), price);
  }

  private _moved(drawing: Drawing, bars: number, down: number): Drawing {
    const { time } = this._options.chart.bars;
    const series = this._series;
    const points = drawing.points.map(point => {
      const at = timeOf(point) ?? 0;
      const y = series?.priceToCoordinate(point.price) ?? null;
      const price = y === null ? null : series?.coordinateToPrice(y + down);
      const there = pointAt(
        drawing.kind,
        timeAt(time, placeOf(time, at) + bars),
        price ?? point.price
      );
      // What does not move keeps its very value.
      return {
        time: bars === 0 ? point.time : there.time,
        price: down === 0 ? point.price : there.price
      };
    });
    return { ...drawing, points };
  }

  private _price(value: number): string {
    const digits = decimals(this._options.chart.instrument);
    return withDecimals(this._options.locale, digits).format(value);
  }

  /** The drawing at a pixel: the selected one first, then what was drawn last. */
  private _hitAt(at: IPixel): { drawing: Drawing; hit: Hit } | null {
    const placed = this._placed().reverse();
    placed.sort((a, b) => Number(b.isSelected) - Number(a.isSelected));
    for (const { drawing, shape, isSelected } of placed) {
      const found = hit(shape, at, isSelected);
      if (found) {
        // Points show, and are caught, once the drawing is selected.
        return { drawing, hit: isSelected ? found : { point: null } };
      }
    }
    return null;
  }

  private _cursorAt(at: IPixel): string | null {
    const { tool } = this._options.drawings;
    const found = tool || this._press ? null : this._hitAt(at);
    return found ? (found.hit.point === null ? 'move' : 'grab') : null;
  }

  /** Where an event is in the pane of prices; null: elsewhere. `free`: outside is as good. */
  private _at(event: MouseEvent, free = false): IPixel | null {
    const box = this._options.canvas.getBoundingClientRect();
    const at = { x: event.clientX - box.left, y: event.clientY - box.top };
    const { width, height } = this._size;
    const isIn = at.x >= 0 && at.x < width && at.y >= 0 && at.y < height;
    if (free) {
      // Prices end at the edges of the pane; times go on.
      return { x: at.x, y: Math.min(height, Math.max(0, at.y)) };
    }
    return isIn ? at : null;
  }

  private readonly _onDown = (event: PointerEvent): void => {
    const at = this._at(event);
    if (!at || event.button !== 0 || !event.isPrimary || !this._series) {
      return;
    }
    const { drawings } = this._options;
    if (drawings.tool) {
      this._hold({ kind: 'place', from: at });
      this._place(drawings.tool, at);
      return;
    }
    const found = this._hitAt(at);
    drawings.select(found?.drawing.id ?? null);
    if (found) {
      this._hold({ kind: 'drag', from: at, ...found });
    }
  };

  private _place(tool: DrawingKind, at: IPixel): void {
    const { drawings } = this._options;
    const point = this._pointAt(tool, at);
    if (tool === 'text') {
      this._release();
      this._make(tool, [point]);
    } else {
      drawings.place(point);
    }
  }

  private _make(tool: DrawingKind, points: IDrawingPoint[]): void {
    const { drawings, askText } = this._options;
    if (tool !== 'text') {
      drawings.add(newDrawing(tool, points));
      return;
    }
    void askText('').then(text => {
      drawings.take(null);
      if (text) {
        drawings.add(newDrawing(tool, points, text));
      }
    });
  }

  private readonly _onHover = (event: PointerEvent): void => {
    const { drawings } = this._options;
    const at = this._at(event);
    if (drawings.isPlacing && drawings.tool && at && !this._press) {
      drawings.preview(this._pointAt(drawings.tool, at));
    }
  };

  private readonly _onMove = (event: PointerEvent): void => {
    const { drawings } = this._options;
    const at = this._at(event, true);
    const press = this._press;
    if (!at || !press) {
      return;
    }
    if (press.kind === 'place') {
      if (drawings.tool) {
        drawings.preview(this._pointAt(drawings.tool, at));
      }
    } else if (
      !press.drawing.locked &&
      (drawings.isGoing || !isClick(press.from, at))
    ) {
      drawings.adjust(this._dragged(press, at));
    }
  };

  private _dragged(
    { drawing, hit: { point }, from }: Press & { kind: 'drag' },
    at: IPixel
  ): Drawing {
    const [, spacing] = this._bars();
    if (point === null) {
      const bars = Math.round((at.x - from.x) / spacing);
      return this._moved(drawing, bars, at.y - from.y);
    }
    const points = [...drawing.points];
    points[point] = this._pointAt(drawing.kind, at);
    return { ...drawing, points };
  }

  private readonly _onUp = (event: PointerEvent): void => {
    const { drawings } = this._options;
    const at = this._at(event, true);
    const press = this._press;
    this._release();
    if (press?.kind === 'drag') {
      drawings.commit();
    } else if (press && at && !isClick(press.from, at) && drawings.tool) {
      // Drawn in one go, from press to release.
      drawings.place(this._pointAt(drawings.tool, at));
    }
  };

  private readonly _onLost = (): void => {
    this.cancel();
  };

  /** Double click on a text: write it anew. */
  private readonly _onDoubleClick = (event: MouseEvent): void => {
    const at = this._at(event);
    const { drawings, askText } = this._options;
    const drawing = at ? this._hitAt(at)?.drawing : undefined;
    if (drawing?.kind === 'text' && !drawing.locked) {
      event.stopPropagation();
      void askText(drawing.text).then(text => {
        if (text) {
          drawings.adjust({ ...drawing, text });
          drawings.commit();
        }
      });
    }
  };

  /** The chart stands still while something is drawn or dragged. */
  private _hold(press: Press): void {
    const { chart } = this._options.surface;
    this._press = press;
    chart.applyOptions({ handleScroll: false, handleScale: false });
    window.addEventListener('pointermove', this._onMove);
    window.addEventListener('pointerup', this._onUp);
    window.addEventListener('pointercancel', this._onLost);
  }

  private _release(): void {
    if (this._press) {
      const { chart } = this._options.surface;
      this._press = null;
      chart.applyOptions({ handleScroll: true, handleScale: true });
      window.removeEventListener('pointermove', this._onMove);
      window.removeEventListener('pointerup', this._onUp);
      window.removeEventListener('pointercancel', this._onLost);
    }
  }

  private readonly _primitive: DrawingsPrimitive;
  private _colours: IChartColours;
  private _press: Press | null = null;
  private _isDisposed = false;
}

/** Measures texts; a chart's own canvas cannot be asked between frames. */
const pen = document.createElement('canvas').getContext('2d')!;

function isClick(from: IPixel, to: IPixel): boolean {
  return Math.hypot(from.x - to.x, from.y - to.y) <= CLICK;
}
