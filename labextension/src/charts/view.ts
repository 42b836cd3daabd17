/**
 * Which part of its bars a chart shows: set by months or by times, and told when it has come to rest.
 */
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ChartChange, ChartModel } from './model';
import type { ChartSurface } from './surface';
import { monthsBefore } from './times';

/** From `start` to before `end`, as a layout's document has it. */
export interface IViewRange {
  start: string;
  end: string;
}

/** Milliseconds without a move before the range is told. */
const QUIET = 700;

export class ChartView implements IDisposable {
  constructor(
    private readonly _model: ChartModel,
    private readonly _surface: ChartSurface
  ) {
    // After who draws them: what is asked for while they are loaded is shown once they are there.
    _model.changed.connect(this._onModel, this);
    _surface.chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
      clearTimeout(this._timer);
      this._timer = setTimeout(() => this._changed.emit(), QUIET);
    });
  }

  /** The range has come to rest, whoever moved it. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What is in sight; null while there is nothing, or what was asked for is not there yet. */
  get range(): IViewRange | null {
    const { visible } = this._surface;
    if (!visible || this._busy > 0) {
      return null;
    }
    const [start, last] = visible;
    return {
      start: new Date(start).toISOString(),
      end: new Date(last + 1).toISOString()
    };
  }

  /** Say now where the range is: somebody is about to keep it, and it may have been moved a moment ago. */
  settle(): void {
    clearTimeout(this._timer);
    this._changed.emit();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  /** Show what was in sight at another time. Times without bars leave the view as it is. */
  restore({ start, end }: IViewRange): Promise<void> {
    const [from, to] = [Date.parse(start), Date.parse(end)];
    return this._show(from, () => this._surface.showTimes(from, to));
  }

  /**
   * Show the last months; 0: since the first of January; null: everything that there is. Bars that are loaded are
   * waited for.
   */
  async showMonths(months: number | null): Promise<void> {
    if (this._model.status === 'loading') {
      this._next = () => void this.showMonths(months);
      return;
    }
    const { time } = this._model.bars;
    if (time.length === 0) {
      return;
    }
    const last = time[time.length - 1];
    const year = Date.UTC(new Date(last).getUTCFullYear(), 0, 1);
    const since =
      months === null ? null : months === 0 ? year : monthsBefore(last, months);
    await this._show(since, () => {
      if (since === null) {
        this._surface.showLast(this._model.bars.time.length);
      } else {
        this._surface.showSince(since);
      }
    });
  }

  private async _show(since: number | null, show: () => void): Promise<void> {
    const { symbol, timeframe } = this._model.state;
    const turn = ++this._turn;
    // Something else may be shown, or asked for, by then.
    const isWanted = (): boolean =>
      !this._isDisposed &&
      turn === this._turn &&
      symbol === this._model.state.symbol &&
      timeframe === this._model.state.timeframe;
    this._busy++;
    try {
      await this._model.loadSince(since);
    } finally {
      this._busy--;
    }
    if (isWanted()) {
      show();
      // Other prices may need a wider scale, which takes its room from the bars once it is drawn.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          if (isWanted()) {
            show();
          }
        })
      );
    }
  }

  private _onModel(_: ChartModel, what: ChartChange): void {
    if (what === 'bars') {
      const next = this._next;
      this._next = null;
      next?.();
    }
  }

  /** How many ranges are being loaded. */
  private _busy = 0;
  /** Counts what was asked for: the last counts. */
  private _turn = 0;
  private _next: (() => void) | null = null;
  private _isDisposed = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private readonly _changed = new Signal<this, void>(this);
}
