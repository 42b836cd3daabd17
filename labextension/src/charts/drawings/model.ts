/**
 * Drawings of one chart: which tool is in hand, which drawing is selected, what is under way, and what can be undone.
 */
import type { ReadonlyJSONValue } from '@lumino/coreutils';
import { JSONExt } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { MAIN_PANE } from '../ids';
import type { ChartChange, ChartModel } from '../model';
import type { IHistory } from './history';
import { mapped, NO_HISTORY, record, stepBack, stepForward } from './history';
import type { Drawing, DrawingKind, IDrawingPoint } from './state';
import { DRAWINGS_MAX, newDrawing, POINTS } from './state';

export class DrawingsModel implements IDisposable {
  constructor(private readonly _chart: ChartModel) {
    this._known = _chart.state.drawings;
    this._panes = new Set(_chart.state.studies.map(study => study.id));
    _chart.changed.connect(this._onChart, this);
  }

  /** What is to be drawn: the chart's drawings with what is under way. */
  get shown(): readonly Drawing[] {
    const { drawings } = this._chart.state;
    const going = this._going;
    if (!going) {
      return drawings;
    }
    return drawings.some(one => one.id === going.id)
      ? drawings.map(one => (one.id === going.id ? going : one))
      : [...drawings, going];
  }

  /** The chart's drawings without what is under way, the foremost last. */
  get kept(): readonly Drawing[] {
    return this._chart.state.drawings;
  }

  /** What the next click makes. */
  get tool(): DrawingKind | null {
    return this._tool;
  }

  get selected(): Drawing | null {
    return this.shown.find(one => one.id === this._selected) ?? null;
  }

  /** A first point is set, a second one is missing. */
  get isPlacing(): boolean {
    return this._placed.length > 0;
  }

  /** What shows and is not kept yet: a drawing that is made, dragged or styled. */
  get going(): Drawing | null {
    return this._going;
  }

  get isFull(): boolean {
    return this._chart.state.drawings.length >= DRAWINGS_MAX;
  }

  get canUndo(): boolean {
    return this._history.past.length > 0;
  }

  get canRedo(): boolean {
    return this._history.future.length > 0;
  }

  /** Anything of the above changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  /** Take a tool in hand; null lays it away. */
  take(tool: DrawingKind | null): void {
    this.commit();
    this._drop();
    this._tool = this.isFull ? null : tool;
    this._selected = null;
    this._changed.emit();
  }

  /** What is under way is dropped, else the tool laid away, else nothing is selected. False: there was nothing. */
  cancel(): boolean {
    if (this._going) {
      this._drop();
    } else if (this._tool) {
      this._tool = null;
    } else if (this._selected) {
      this._selected = null;
    } else {
      return false;
    }
    this._changed.emit();
    return true;
  }

  select(id: string | null): void {
    if (id !== this._selected) {
      this.commit();
      this._selected = id;
      this._changed.emit();
    }
  }

  /** Select the drawing after the selected one, or before it with -1; round and round. */
  selectNext(step: 1 | -1, among: readonly Drawing[]): void {
    if (among.length > 0) {
      const at = among.findIndex(one => one.id === this._selected);
      const next = at < 0 && step < 0 ? among.length - 1 : at + step;
      this.select(among[(next + among.length) % among.length].id);
    }
  }

  /** Set a point with the tool in hand. With the last one the drawing is made, and true. */
  place(point: IDrawingPoint, pane = MAIN_PANE): boolean {
    if (!this._tool) {
      return false;
    }
    this._pane = this.isPlacing ? this._pane : pane;
    this._placed.push(point);
    if (this._placed.length < POINTS[this._tool]) {
      this.preview(point);
      return false;
    }
    this.add(newDrawing(this._tool, this._placed, '', this._pane));
    return true;
  }

  /** Show what would be made if the next point were here. */
  preview(point: IDrawingPoint): void {
    if (this._tool && this._placed.length > 0) {
      const points = [...this._placed, point];
      const made = newDrawing(this._tool, points, '', this._pane);
      this._going = { ...made, id: this._going?.id ?? made.id };
      this._changed.emit();
    }
  }

  /** A new drawing; it is selected and the tool laid away. A full chart takes none. */
  add(drawing: Drawing): void {
    this.commit();
    this._drop();
    this._tool = null;
    if (this.isFull) {
      // Filled from elsewhere, while somebody looked for words.
      this._changed.emit();
      return;
    }
    this._selected = drawing.id;
    this._keep([...this._chart.state.drawings, drawing]);
  }

  /** Show a drawing otherwise, until {@link commit} keeps or {@link cancel} drops it. One that is gone stays so. */
  adjust(drawing: Drawing): void {
    if (this._has(drawing.id)) {
      this._going = drawing;
      this._changed.emit();
    }
  }

  /** Keep what {@link adjust} showed; it is one step of undo, and none where nothing became another. */
  commit(): void {
    const going = this._going;
    if (going && this._has(going.id)) {
      this._drop();
      this.change(going.id, going);
    }
  }

  /** Change members of a drawing, as one step of undo. */
  change(id: string, members: Partial<Drawing>): void {
    this.commit();
    const { drawings } = this._chart.state;
    const changed = drawings.map(one =>
      one.id === id ? { ...one, ...members, id } : one
    );
    if (sameDrawings(changed, drawings)) {
      this._changed.emit();
    } else {
      this._keep(changed);
    }
  }

  /** Draw one over all others. */
  toFront(id: string): void {
    this.commit();
    const { drawings } = this._chart.state;
    const front = drawings.filter(one => one.id === id);
    if (front.length > 0 && drawings[drawings.length - 1] !== front[0]) {
      this._keep([...drawings.filter(one => one.id !== id), ...front]);
    }
  }

  /** Delete a drawing; undo brings it back. */
  remove(id: string): void {
    if (this._has(id)) {
      this._drop();
      this._selected = this._selected === id ? null : this._selected;
      this._keep(this._chart.state.drawings.filter(one => one.id !== id));
    }
  }

  undo(): void {
    this.commit();
    this._step(stepBack(this._history, this._chart.state.drawings));
  }

  redo(): void {
    this.commit();
    this._step(stepForward(this._history, this._chart.state.drawings));
  }

  private _step(step: [IHistory<Drawing[]>, Drawing[]] | null): void {
    if (step) {
      this._drop();
      [this._history] = step;
      this._show(step[1]);
    }
  }

  private _keep(drawings: Drawing[]): void {
    this._history = record(this._history, this._chart.state.drawings);
    this._show(drawings);
  }

  private _show(drawings: Drawing[]): void {
    this._known = drawings;
    void this._chart.set({ drawings });
    this._changed.emit();
  }

  private _drop(): void {
    this._going = null;
    this._placed = [];
  }

  private _has(id: string): boolean {
    return this._chart.state.drawings.some(one => one.id === id);
  }

  private _onChart(chart: ChartModel, what: ChartChange): void {
    const { drawings } = chart.state;
    if (what === 'studies') {
      this._forgetPanes();
    }
    if (what !== 'drawings' || drawings === this._known) {
      return;
    }
    const isOther = !sameDrawings(drawings, this._known);
    this._known = drawings;
    if (isOther) {
      // Somebody else's drawings, such as those of a layout that was opened: there is no way back over them.
      this._history = NO_HISTORY;
      if (this._going && !this.isPlacing && !this._has(this._going.id)) {
        // What is dragged here has been deleted there.
        this._drop();
      }
    }
    this._changed.emit();
  }

  /** What was drawn in the pane of a study goes with the study, out of what can be undone too: it could be seen nowhere. */
  private _forgetPanes(): void {
    const { studies, drawings } = this._chart.state;
    const there = new Set(studies.map(study => study.id));
    const gone = [...this._panes].filter(id => !there.has(id));
    this._panes = there;
    if (gone.length === 0) {
      return;
    }
    const without = (all: Drawing[]): Drawing[] =>
      all.filter(one => !gone.includes(one.pane));
    this._history = mapped(this._history, drawings, without, sameDrawings);
    const left = without(drawings);
    if (left.length < drawings.length) {
      this._drop();
      this._show(left);
    } else {
      this._changed.emit();
    }
  }

  private _known: Drawing[];
  /** Studies on the chart, whose ids are those of their panes. */
  private _panes: Set<string>;
  private _history: IHistory<Drawing[]> = NO_HISTORY;
  private _tool: DrawingKind | null = null;
  private _selected: string | null = null;
  private _placed: IDrawingPoint[] = [];
  private _pane = MAIN_PANE;
  private _going: Drawing | null = null;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}

/** Equal as data. */
function sameDrawings(a: readonly Drawing[], b: readonly Drawing[]): boolean {
  return JSONExt.deepEqual(
    a as unknown as ReadonlyJSONValue,
    b as unknown as ReadonlyJSONValue
  );
}
