/**
 * Keeps a chart at the price of the moment: its own symbol and those that it is compared with, where their source is
 * live. Many charts of one symbol share what the page listens to.
 */
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IQuantLabStream } from '../tokens';
import { joinNewer, putBar } from './bars';
import { LiveBars } from './live';
import type { ChartChange, ChartModel, IMarketClient } from './model';

/** What is said of a chart's live price. */
export class Following implements IDisposable {
  constructor(
    private readonly _model: ChartModel,
    private readonly _client: Pick<IMarketClient, 'bars'>,
    private readonly _stream: IQuantLabStream
  ) {
    _model.changed.connect(this._onModel, this);
    // What is compared is followed once its bars are there.
    _model.comparisons.changed.connect(this._followOthers, this);
    _stream.stateChanged.connect(this._onStream, this);
  }

  /** What has to be shown with the price, such as that it is a replay; empty: nothing. */
  get note(): string {
    return this._own?.note ?? '';
  }

  /** Why there are no live prices at the moment; empty: there are, or the source has none. */
  get problem(): string {
    return this._own?.problem ?? '';
  }

  /** Live prices do not come, as the connection to the service is lost. */
  get isCutOff(): boolean {
    const { state } = this._stream;
    return this._own !== null && ['reconnecting', 'refused'].includes(state);
  }

  /** `note`, `problem` or `isCutOff` changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._own?.dispose();
      this._others.forEach(other => other.dispose());
      Signal.clearData(this);
    }
  }

  private _onStream(): void {
    this._changed.emit();
  }

  private _onModel(_: ChartModel, what: ChartChange): void {
    if (what === 'bars') {
      const before = [this._own, ...this._others.values()];
      this._others.clear();
      this._own = this._followOwn();
      this._followOthers();
      // After the new ones: what the page listens to anyway goes on without a break.
      before.forEach(one => one?.dispose());
      this._changed.emit();
    } else if (what === 'compare') {
      this._followOthers();
    }
  }

  private _followOwn(): LiveBars | null {
    const model = this._model;
    const { instrument, page } = model;
    if (!instrument?.live || !page) {
      return null;
    }
    return new LiveBars({
      stream: this._stream,
      client: this._client,
      symbol: instrument.symbol,
      timeframe: page.timeframe,
      zone: instrument.timezone,
      newest: () => model.bars.time[model.bars.time.length - 1] ?? null,
      onRead: read => {
        const count = model.bars.time.length;
        const from = model.bars.time.findIndex(time => time >= read.time[0]);
        model.putNewer(joinNewer(model.bars, read), from < 0 ? count : from);
        void this._continueStudies();
      },
      onBar: bar => {
        const count = model.bars.time.length;
        const [bars, at] = putBar(model.bars, bar);
        if (at >= 0) {
          model.putNewer(bars, at);
        }
        if (at === count && count > 0) {
          // The bar before is over: studies have a figure for it now.
          void this._continueStudies();
        }
      },
      onOther: () => void model.load(),
      onNote: () => this._changed.emit()
    });
  }

  /** One request at a time, however quickly bars come. */
  private async _continueStudies(): Promise<void> {
    this._isBehind = true;
    if (this._isContinuing) {
      return;
    }
    this._isContinuing = true;
    while (this._isBehind && !this._isDisposed) {
      this._isBehind = false;
      await this._model.evaluateNewer();
    }
    this._isContinuing = false;
  }

  private _followOthers(): void {
    const { instrument, page, state, comparisons } = this._model;
    // Live is what a source can do, so symbols of the chart's own source are.
    const wanted =
      instrument?.live && page
        ? state.compare
            .map(one => one.symbol)
            .filter(
              one =>
                one.startsWith(`${instrument.source}:`) &&
                comparisons.newestOf(one) !== null
            )
        : [];
    for (const [symbol, other] of [...this._others]) {
      if (!wanted.includes(symbol)) {
        this._others.delete(symbol);
        other.dispose();
      }
    }
    for (const symbol of wanted) {
      if (!this._others.has(symbol)) {
        this._others.set(
          symbol,
          new LiveBars({
            stream: this._stream,
            client: this._client,
            symbol,
            timeframe: page?.timeframe ?? state.timeframe,
            zone: instrument?.timezone ?? 'UTC',
            newest: () => comparisons.newestOf(symbol),
            onRead: bars => comparisons.readNewer(symbol, bars),
            onBar: bar => comparisons.put(symbol, bar),
            onOther: () => void this._model.load(),
            onNote: () => undefined
          })
        );
      }
    }
  }

  private _own: LiveBars | null = null;
  private readonly _others = new Map<string, LiveBars>();
  private _isBehind = false;
  private _isContinuing = false;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}
