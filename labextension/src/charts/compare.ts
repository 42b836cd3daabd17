/**
 * Other symbols over a chart: their bars, brought to the times of the chart's own.
 */
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { isAborted } from '../api/errors';
import type { components } from '../api/types';
import type { IBarColumns } from './bars';
import { joinNewer, NO_BARS, prepend, putBar } from './bars';
import type { IBar } from './fold';
import type { ChartScale } from './ids';
import { MANY } from './ids';
import type { ChartChange, ChartModel, IMarketClient } from './model';

/** Another symbol, as a layout's document has it. */
export type Comparison = Required<components['schemas']['Comparison']>;

/** As many as a chart of a document can have. */
export const COMPARE_MAX = 20;

/** A colour as documents have it. */
export const COLOUR = /^#[0-9a-f]{6}([0-9a-f]{2})?$/;

/** A comparison in a colour of the theme. */
export function newComparison(symbol: string): Comparison {
  return { symbol, colour: null, visible: true };
}

/** Read comparisons that were kept or given; what makes no sense is left out. */
export function readCompare(kept: unknown): Comparison[] {
  const read = new Map<string, Comparison>();
  for (const one of Array.isArray(kept) ? (kept as unknown[]) : []) {
    const { symbol, colour, visible } = (one ?? {}) as Partial<Comparison>;
    if (typeof symbol === 'string' && symbol.trim() !== '') {
      read.set(symbol.trim(), {
        symbol: symbol.trim(),
        colour:
          typeof colour === 'string' && COLOUR.test(colour) ? colour : null,
        visible: visible !== false
      });
    }
  }
  return [...read.values()].slice(0, COMPARE_MAX);
}

/** For each time the close of the newest bar that is not after it: markets need not be open at the same hours. */
export function alignTo(
  times: readonly number[],
  other: Pick<IBarColumns, 'time' | 'close'>
): (number | null)[] {
  let at = -1;
  return times.map(time => {
    while (at + 1 < other.time.length && other.time[at + 1] <= time) {
      at++;
    }
    return at < 0 ? null : other.close[at];
  });
}

/** The bars of a chart's comparisons. */
export class Comparisons implements IDisposable {
  constructor(
    private readonly _model: ChartModel,
    private readonly _client: IMarketClient
  ) {
    _model.changed.connect(this._onModel, this);
  }

  /** Bars came, or will not come. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._loading.abort();
    Signal.clearData(this);
  }

  /** Closes at the times of the chart's bars; null while they are loaded, or when that failed. */
  valuesOf(symbol: string): (number | null)[] | null {
    const bars = this._bars.get(symbol);
    const times = this._model.bars.time;
    if (!bars) {
      return null;
    }
    // A read-out asks with every move of the mouse.
    let aligned = this._aligned.get(bars);
    if (aligned?.times !== times) {
      aligned = { times, values: alignTo(times, bars) };
      this._aligned.set(bars, aligned);
    }
    return aligned.values;
  }

  /** The time of a symbol's newest bar; null while there is none. */
  newestOf(symbol: string): number | null {
    const { time = [] } = this._bars.get(symbol) ?? {};
    return time[time.length - 1] ?? null;
  }

  /** Bars of a symbol as the service has them by now, from one that is known on. */
  readNewer(symbol: string, newer: IBarColumns): void {
    this._renew(symbol, bars => joinNewer(bars, newer));
  }

  /** A bar of a symbol as it is now. */
  put(symbol: string, bar: IBar): void {
    // Other columns each time: what is aligned with them is made anew.
    this._renew(symbol, bars => ({ ...putBar(bars, bar)[0] }));
  }

  /** Why a symbol has no values, or null. */
  problemOf(symbol: string): unknown {
    return this._problems.get(symbol) ?? null;
  }

  /** Show another symbol, in a scale where it can be compared. One that is there already stays. */
  add(symbol: string): Promise<void> {
    const { compare, scale, symbol: own } = this._model.state;
    const isThere = compare.some(one => one.symbol === symbol);
    if (symbol === own || isThere || compare.length >= COMPARE_MAX) {
      return Promise.resolve();
    }
    this._scaleBefore = compare.length === 0 ? scale : this._scaleBefore;
    return this._model.set({
      compare: [...compare, newComparison(symbol)],
      scale: scale === 'indexed' ? scale : 'percent'
    });
  }

  /** Draw a symbol in another colour, or hide it and show it again. */
  change(
    symbol: string,
    how: Partial<Pick<Comparison, 'colour' | 'visible'>>
  ): Promise<void> {
    return this._model.set({
      compare: this._model.state.compare.map(one =>
        one.symbol === symbol ? { ...one, ...how } : one
      )
    });
  }

  /** Show one symbol in the place and the colour of another. One that is there already stays. */
  exchange(symbol: string, other: string): Promise<void> {
    const { compare, symbol: own } = this._model.state;
    return other === own || compare.some(one => one.symbol === other)
      ? Promise.resolve()
      : this._model.set({
          compare: compare.map(one =>
            one.symbol === symbol ? { ...one, symbol: other } : one
          )
        });
  }

  /** Take a symbol away; with the last one goes the scale that was chosen for them. */
  remove(symbol: string): Promise<void> {
    const { compare, scale } = this._model.state;
    const left = compare.filter(one => one.symbol !== symbol);
    const before = this._scaleBefore;
    const isBack = left.length === 0 && scale === 'percent' && before;
    return this._model.set({ compare: left, ...(isBack && { scale: before }) });
  }

  private _onModel(model: ChartModel, what: ChartChange): void {
    if (what === 'bars') {
      this._bars.clear();
    }
    if (what === 'bars' || what === 'older') {
      // Older values come with the rest; until then those that are there stay.
      this._loading.abort();
      this._loading = new AbortController();
      this._asked.clear();
    }
    if (what === 'bars' || what === 'older' || what === 'compare') {
      const symbols = model.state.compare.map(one => one.symbol);
      for (const symbol of [...this._asked]) {
        if (!symbols.includes(symbol)) {
          this._forget(symbol);
        }
      }
      for (const symbol of symbols) {
        if (!this._asked.has(symbol) && model.bars.time.length > 0) {
          this._asked.add(symbol);
          void this._load(symbol, this._loading);
        }
      }
    }
  }

  private _renew(
    symbol: string,
    change: (bars: IBarColumns) => IBarColumns
  ): void {
    const bars = this._bars.get(symbol);
    if (bars && !this._isDisposed) {
      this._bars.set(symbol, change(bars));
      const shown = this._model.bars;
      this._model.putNewer(shown, Math.max(0, shown.time.length - 1));
    }
  }

  private _forget(symbol: string): void {
    this._asked.delete(symbol);
    this._bars.delete(symbol);
    this._problems.delete(symbol);
  }

  private async _load(symbol: string, loading: AbortController): Promise<void> {
    const [from] = this._model.bars.time;
    const { timeframe } = this._model.state;
    const isCurrent = (): boolean =>
      loading === this._loading && !this._isDisposed && this._asked.has(symbol);
    try {
      let bars = NO_BARS;
      let to: number | undefined;
      do {
        // One that trades around the clock has many more bars in the same time.
        const range = { symbol, timeframe, from, to, limit: MANY };
        const page = await this._client.bars(range, loading.signal);
        bars = prepend(page.columns, bars);
        to = page.next_before ?? undefined;
      } while (to !== undefined && isCurrent());
      if (isCurrent()) {
        this._bars.set(symbol, bars);
        this._problems.delete(symbol);
      }
    } catch (error) {
      if (isCurrent() && !isAborted(error)) {
        this._problems.set(symbol, error);
      }
    }
    if (isCurrent()) {
      this._changed.emit();
    }
  }

  /** The scale before the first symbol came; null: nobody knows. */
  private _scaleBefore: ChartScale | null = null;
  private _loading = new AbortController();
  private _isDisposed = false;
  private readonly _asked = new Set<string>();
  private readonly _bars = new Map<string, IBarColumns>();
  private readonly _aligned = new WeakMap<
    IBarColumns,
    { times: readonly number[]; values: (number | null)[] }
  >();
  private readonly _problems = new Map<string, unknown>();
  private readonly _changed = new Signal<this, void>(this);
}
