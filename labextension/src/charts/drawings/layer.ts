/**
 * Drawings on a chart's surface: what mouse, finger and keyboard do with them, in each of its panes.
 */
import type { IDisposable } from '@lumino/disposable';

import { MAIN_PANE } from '../ids';
import type { IChartColours } from '../theme';
import type { Hit, IBox, IPixel } from './geometry';
import { extentOf, hit, shapeOf } from './geometry';
import type { DrawingsModel } from './model';
import type { IPaneOwner } from './panes';
import { DrawingPane } from './panes';
import type { IPlaced } from './primitive';
import { colourOf, DrawingsPrimitive, fontOf, solid } from './primitive';
import type { Drawing, DrawingKind, IDrawingPoint } from './state';
import { newDrawing, POINTS } from './state';

/** Pixels that a press may move and still be a click. */
const CLICK = 4;

/** Bars and pixels between a drawing and its duplicate. */
const BESIDE = [3, 16] as const;

export interface IDrawingLayerOptions extends IPaneOwner {
  drawings: DrawingsModel;
  /** Ask for the words of a text; null: the person thought better of it. */
  askText: (text: string, isOptional?: boolean) => Promise<string | null>;
}

/** A press that is going on, of one finger or button. Its pane is made anew when the chart is, so it goes by its id. */
type Press = { pointer: number; from: IPixel; pane: string } & (
  { kind: 'place' } | { kind: 'drag'; drawing: Drawing; hit: Hit }
);

/** A place in a pane. */
interface ISpot {
  pane: DrawingPane;
  at: IPixel;
}

export class DrawingLayer implements IDisposable {
  constructor(private readonly _options: IDrawingLayerOptions) {
    const { canvas, surface, chart, drawings } = _options;
    this._colours = surface.colours;
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

  /** Called when the library has drawn: drawings may be elsewhere now. */
  onDrawn: () => void = () => undefined;

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
    this.onDrawn = () => undefined;
    canvas.removeEventListener('pointerdown', this._onDown, true);
    canvas.removeEventListener('pointermove', this._onHover);
    canvas.removeEventListener('dblclick', this._onDoubleClick, true);
    drawings.changed.disconnect(this._onChanged, this);
    chart.changed.disconnect(this._onChanged, this);
  }

  /** Panes that are shown, by their ids. */
  get panes(): ReadonlySet<string> {
    return new Set(this._panes.map(({ pane }) => pane.id));
  }

  /** Where the points of a drawing are, in pixels of the chart; for tests and for who draws around it. */
  pixelsOf(id: string): IPixel[] {
    const found = this._find(id);
    return found
      ? found.placed.shape.anchors.map(({ x, y }) => ({
          x,
          y: y + found.pane.top
        }))
      : [];
  }

  /** What a drawing takes in of the chart, in pixels; null: it does not show. */
  boxOf(id: string): IBox | null {
    const found = this._find(id);
    if (!found) {
      return null;
    }
    const { top } = found.pane;
    const box = extentOf(found.placed.shape, found.pane.size);
    return { ...box, top: box.top + top, bottom: box.bottom + top };
  }

  /** The colour that a drawing has in this theme, without transparency. */
  colourOf(drawing: Drawing): string {
    return solid(colourOf(drawing, this._colours));
  }

  /** Leave what is going on, as the model's own `cancel`. */
  cancel(): boolean {
    this._release();
    return this._options.drawings.cancel();
  }

  /** Make a drawing with the tool in hand in the middle of the prices in sight. */
  placeInMiddle(): void {
    const { tool } = this._options.drawings;
    const pane = this._paneOf(MAIN_PANE);
    if (tool && pane) {
      const { width, height } = pane.size;
      const places =
        POINTS[tool] === 1
          ? [{ x: width / 2, y: height / 2 }]
          : [
              { x: width / 3, y: height * 0.6 },
              { x: (width * 2) / 3, y: height * 0.4 }
            ];
      const points = places.flatMap(at => pane.pointAt(tool, at) ?? []);
      if (points.length === places.length) {
        this._make(tool, points, pane);
      }
    }
  }

  /** Move the selected drawing by bars and by pixels upwards; it is one step of undo. */
  nudge(bars: number, up: number): void {
    const { drawings } = this._options;
    const { selected } = drawings;
    const pane = selected && this._paneOf(selected.pane);
    if (selected && pane && !selected.locked) {
      drawings.adjust(pane.moved(selected, bars, -up));
      drawings.commit();
    }
  }

  /** Make another one like the selected drawing beside it. */
  duplicate(): void {
    const { drawings } = this._options;
    const { selected } = drawings;
    if (selected) {
      const { id: _, ...like } = selected;
      const pane = this._paneOf(selected.pane);
      const made = { ...newDrawing(selected.kind, selected.points), ...like };
      drawings.add({
        ...(pane ? pane.moved(made, ...BESIDE) : made),
        locked: false
      });
    }
  }

  /** Ask for other words of a drawing. */
  async rewrite(drawing: Drawing): Promise<void> {
    const { drawings, askText } = this._options;
    const text = await askText(drawing.text, drawing.kind !== 'text');
    if (text !== null && !this._isDisposed) {
      // It may have been moved, or be gone, since they were asked for.
      drawings.change(drawing.id, { text });
    }
  }

  private _paneOf(id: string): DrawingPane | null {
    return this._panes.find(({ pane }) => pane.id === id)?.pane ?? null;
  }

  private _find(id: string): { pane: DrawingPane; placed: IPlaced } | null {
    for (const { pane } of this._panes) {
      const placed = this._placed(pane).find(one => one.drawing.id === id);
      if (placed) {
        return { pane, placed };
      }
    }
    return null;
  }

  /** The library made its series anew: what hung on the old ones is gone. */
  private _attach(): void {
    const { surface } = this._options;
    this._colours = surface.colours;
    this._panes = [...surface.paneSeries].map(([id, series]) => {
      const pane = new DrawingPane(id, series, this._options);
      const primitive = new DrawingsPrimitive({
        placed: () => this._placed(pane),
        colours: () => this._colours,
        cursorAt: (x, y) => this._cursorAt({ pane, at: { x, y } }),
        price: value => pane.price(value),
        onDrawn: () => this.onDrawn()
      });
      series.attachPrimitive(primitive);
      return { pane, primitive };
    });
  }

  private _onChanged(): void {
    const { canvas, drawings } = this._options;
    canvas.classList.toggle('jp-mod-drawing', drawings.tool !== null);
    for (const { primitive } of this._panes) {
      primitive.update();
    }
  }

  /** What is to be drawn in a pane, in the order of drawing. */
  private _placed(pane: DrawingPane): IPlaced[] {
    const { drawings, chart } = this._options;
    const here = drawings.shown.filter(
      drawing => drawing.visible && drawing.pane === pane.id
    );
    if (here.length === 0 || chart.bars.time.length === 0) {
      return [];
    }
    pen.font = fontOf(this._colours);
    const frame = pane.frame(text => pen.measureText(text).width);
    // What is being made shows its points, as does what is selected.
    const { selected, isPlacing, going } = drawings;
    const marked = isPlacing ? going : selected;
    return here.flatMap(drawing => {
      const shape = shapeOf(drawing, frame);
      return shape ? [{ drawing, shape, isSelected: drawing === marked }] : [];
    });
  }

  /** The drawing at a pixel: the selected one first, then what was drawn last. */
  private _hitAt({ pane, at }: ISpot): { drawing: Drawing; hit: Hit } | null {
    const placed = this._placed(pane).reverse();
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

  private _cursorAt(spot: ISpot): string | null {
    const { tool } = this._options.drawings;
    const found = tool || this._press ? null : this._hitAt(spot);
    return found ? (found.hit.point === null ? 'move' : 'grab') : null;
  }

  /** Where an event is; null: in no pane. */
  private _spot(event: MouseEvent): ISpot | null {
    for (const { pane } of this._panes) {
      const at = this._at(event, pane);
      const { width, height } = pane.size;
      if (at.x >= 0 && at.x < width && at.y >= 0 && at.y < height) {
        return { pane, at };
      }
    }
    return null;
  }

  private _at(event: MouseEvent, pane: DrawingPane): IPixel {
    const box = this._options.canvas.getBoundingClientRect();
    return {
      x: event.clientX - box.left,
      y: event.clientY - box.top - pane.top
    };
  }

  /** Where an event is as seen from a pane: prices end at its edges, times go on. */
  private _within(event: MouseEvent, pane: DrawingPane): IPixel {
    const { x, y } = this._at(event, pane);
    return { x, y: Math.min(pane.size.height, Math.max(0, y)) };
  }

  private readonly _onDown = (event: PointerEvent): void => {
    const spot = this._spot(event);
    if (!spot || event.button !== 0 || !event.isPrimary) {
      return;
    }
    const { drawings } = this._options;
    const pointer = event.pointerId;
    if (drawings.tool) {
      // The second point belongs to the pane of the first one.
      const first = drawings.isPlacing ? drawings.going : null;
      const pane = (first ? this._paneOf(first.pane) : null) ?? spot.pane;
      const from = this._within(event, pane);
      this._hold({ kind: 'place', pointer, from, pane: pane.id });
      this._place(drawings.tool, from, pane);
      return;
    }
    const found = this._hitAt(spot);
    drawings.select(found?.drawing.id ?? null);
    if (found) {
      const { at: from, pane } = spot;
      this._hold({ kind: 'drag', pointer, from, pane: pane.id, ...found });
    }
  };

  private _place(tool: DrawingKind, at: IPixel, pane: DrawingPane): void {
    const point = pane.pointAt(tool, at);
    if (point && tool === 'text') {
      this._release();
      this._make(tool, [point], pane);
    } else if (point) {
      this._options.drawings.place(point, pane.id);
    }
  }

  private _make(
    tool: DrawingKind,
    points: IDrawingPoint[],
    pane: DrawingPane
  ): void {
    const { drawings, askText } = this._options;
    if (tool !== 'text') {
      drawings.add(newDrawing(tool, points, '', pane.id));
      return;
    }
    void askText('').then(text => {
      drawings.take(null);
      if (text && !this._isDisposed) {
        drawings.add(newDrawing(tool, points, text, pane.id));
      }
    });
  }

  private _preview(event: PointerEvent): void {
    const { drawings } = this._options;
    const pane = drawings.going && this._paneOf(drawings.going.pane);
    if (drawings.tool && drawings.isPlacing && pane) {
      const at = this._within(event, pane);
      const point = pane.pointAt(drawings.tool, at);
      if (point) {
        drawings.preview(point);
      }
    }
  }

  private readonly _onHover = (event: PointerEvent): void => {
    if (!this._press) {
      this._preview(event);
    }
  };

  private readonly _onMove = (event: PointerEvent): void => {
    const { drawings } = this._options;
    const press = this._press;
    if (!press || event.pointerId !== press.pointer) {
      return;
    }
    if (event.pointerType === 'mouse' && event.buttons === 0) {
      // Released where nobody tells us: over a frame, or outside the window.
      this._onUp(event);
      return;
    }
    if (press.kind === 'place') {
      this._preview(event);
      return;
    }
    const pane = this._paneOf(press.pane);
    const at = pane && this._within(event, pane);
    const isMoving = at && (drawings.going || !isClick(press.from, at));
    if (isMoving && !press.drawing.locked) {
      drawings.adjust(this._dragged(press, pane, at));
    }
  };

  private _dragged(
    { drawing, hit: { point }, from }: Press & { kind: 'drag' },
    pane: DrawingPane,
    at: IPixel
  ): Drawing {
    if (point === null) {
      return pane.moved(drawing, pane.barsOf(at.x - from.x), at.y - from.y);
    }
    const points = [...drawing.points];
    points[point] = pane.pointAt(drawing.kind, at) ?? points[point];
    return { ...drawing, points };
  }

  private readonly _onUp = (event: PointerEvent): void => {
    const { drawings } = this._options;
    const press = this._press;
    if (!press || event.pointerId !== press.pointer) {
      return;
    }
    this._release();
    if (press.kind === 'drag') {
      drawings.commit();
      return;
    }
    const pane = this._paneOf(press.pane);
    const at = pane && this._within(event, pane);
    if (at && drawings.tool && drawings.isPlacing && !isClick(press.from, at)) {
      // Drawn in one go, from press to release.
      this._place(drawings.tool, at, pane);
    }
  };

  private readonly _onLost = (event: PointerEvent): void => {
    if (event.pointerId === this._press?.pointer) {
      this.cancel();
    }
  };

  /** Double click on a text: write it anew. */
  private readonly _onDoubleClick = (event: MouseEvent): void => {
    const spot = this._spot(event);
    const drawing = spot ? this._hitAt(spot)?.drawing : undefined;
    if (drawing?.kind === 'text' && !drawing.locked) {
      event.stopPropagation();
      void this.rewrite(drawing);
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

  private _panes: { pane: DrawingPane; primitive: DrawingsPrimitive }[] = [];
  private _colours: IChartColours;
  private _press: Press | null = null;
  private _isDisposed = false;
}

/** Measures texts; a chart's own canvas cannot be asked between frames. */
const pen = document.createElement('canvas').getContext('2d')!;

function isClick(from: IPixel, to: IPixel): boolean {
  return Math.hypot(from.x - to.x, from.y - to.y) <= CLICK;
}
