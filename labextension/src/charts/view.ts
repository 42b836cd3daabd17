/**
 * Which part of its bars a chart shows: set by months or by times, and told when it has come to rest.
 */
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ChartModel } from './model';
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
    if (!visible || this._isBusy) {
      return null;
    }
    const [start, last] = visible;
    return {
      start: new Date(start).toISOString(),
      end: new Date(last + 1).toISOString()
    };
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

  /** Show the last months; 0: since the first of January; null: everything that there is. */
  async showMonths(months: number | null): Promise<void> {
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

  /** At once: older bars that arrive on the way would end a smooth ride. */
  showNewest(): void {
    const scale = this._surface.chart.timeScale();
    scale.scrollToPosition(scale.options().rightOffset, false);
  }

  private async _show(since: number | null, show: () => void): Promise<void> {
    const { page } = this._model;
    // Something else may be shown by then.
    const isWanted = (): boolean =>
      !this._isDisposed && page?.symbol === this._model.page?.symbol;
    this._isBusy = true;
    try {
      await this._model.loadSince(since);
    } finally {
      this._isBusy = false;
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

  private _isBusy = false;
  private _isDisposed = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private readonly _changed = new Signal<this, void>(this);
}
