/**
 * Live bars of one symbol: what the stream tells, put after what the service has, without a gap and without a bar twice.
 */
import type { IDisposable } from '@lumino/disposable';

import { isAborted } from '../api/errors';
import type { IQuantLabStream, IStreamMessage } from '../tokens';
import type { IBarColumns } from './bars';
import { barsOf } from './bars';
import type { IBar } from './fold';
import { BarFold } from './fold';
import { MANY, TIMEFRAMES } from './ids';
import type { IMarketClient } from './model';

/** After what was missed could not be read. Milliseconds. */
const PAUSE = 3000;

/** Finer bars that wait while others are read, at most. */
const WAITING = 5000;

export interface ILiveOptions {
  stream: Pick<IQuantLabStream, 'listen'>;
  client: Pick<IMarketClient, 'bars'>;
  /** `SOURCE:TICKER`. */
  symbol: string;
  timeframe: string;
  /** The exchange's. */
  zone: string;
  /** The time of the newest bar; null: there is none. */
  newest: () => number | null;
  /** Bars as the service has them, from the newest one before on. */
  onRead: (bars: IBarColumns) => void;
  /** A bar as it is now. */
  onBar: (bar: IBar) => void;
  /** The history is another one by now, or too much was missed: everything is to be loaded again. */
  onOther: () => void;
  /** `note` or `problem` changed. */
  onNote: () => void;
}

/** Listens until it is disposed. */
export class LiveBars implements IDisposable {
  constructor(private readonly _options: ILiveOptions) {
    this._settled = _options.newest();
    this._listening = _options.stream.listen(
      `quotes:${_options.symbol}`,
      message => this._hear(message)
    );
  }

  /** What has to be shown with the price, such as that it is a replay. */
  note = '';

  /** The source has stopped answering; what it said of that. */
  problem = '';

  get isDisposed(): boolean {
    return this._reading.signal.aborted;
  }

  dispose(): void {
    this._reading.abort();
    this._listening.dispose();
  }

  private _hear(message: IStreamMessage): void {
    if (this.isDisposed) {
      return;
    }
    if (message.type === 'missed') {
      // The service says the last price to whoever listens again: then it is time to read.
      this._state = 'new';
    } else if (message.type === 'error') {
      const { message: problem } = (message.error ?? {}) as {
        message?: string;
      };
      this._say(this.note, problem ?? '');
    } else if (message.type === 'quotes') {
      this._onQuotes(message as unknown as IQuotes);
    }
  }

  private _onQuotes({ note, timeframe, bars }: IQuotes): void {
    this._say(note, '');
    if (rank(timeframe) < 0 || rank(timeframe) > rank(this._timeframe)) {
      return;
    }
    if (this._state === 'ready') {
      bars.forEach(bar => this._take(bar));
      return;
    }
    // As each bar is whole in every message, only the newest of one time counts.
    for (const bar of bars.slice(-WAITING)) {
      this._waiting.set(bar.time, bar);
    }
    if (
      this._state === 'new' &&
      !this._isReading &&
      Date.now() >= this._again
    ) {
      this._isReading = true;
      void this._read(timeframe).finally(() => {
        this._isReading = false;
      });
    }
  }

  private async _read(fine: string): Promise<void> {
    this._state = 'reading';
    const { symbol, zone, onRead, onOther } = this._options;
    const since = this._settled;
    try {
      const page = await this._bars(this._timeframe, since);
      const { time } = page.columns;
      if (this.isDisposed) {
        return;
      }
      if (since !== null && (page.next_before !== null || time[0] !== since)) {
        onOther();
        return;
      }
      const last = time.length > 0 ? time[time.length - 1] : null;
      const parts = last === null ? [] : await this._parts(fine, last);
      if (this.isDisposed) {
        return;
      }
      onRead(page.columns);
      this._settled = last;
      this._fold = new BarFold(this._timeframe, fine, zone);
      this._fold.begin(parts).forEach(bar => this._options.onBar(bar));
      // A loss meanwhile: what comes next is read again.
      this._state = this._state === 'reading' ? 'ready' : this._state;
      const waiting = [...this._waiting.values()];
      this._waiting.clear();
      waiting.sort((a, b) => a.time - b.time).forEach(bar => this._take(bar));
    } catch (error) {
      if (!isAborted(error) && !this.isDisposed) {
        this._state = 'new';
        this._again = Date.now() + PAUSE;
        console.warn(`QuantLab: bars of ${symbol} could not be read.`, error);
      }
    }
  }

  /** Finer bars inside the bar that begins at `start`: days as far as they are over, then the stream's own. */
  private async _parts(fine: string, start: number): Promise<IBar[]> {
    if (fine === this._timeframe) {
      return barsOf((await this._bars(fine, start)).columns);
    }
    let days: IBar[] = [];
    let from = start;
    if (rank(this._timeframe) > rank('1D') && rank(fine) < rank('1D')) {
      days = barsOf((await this._bars('1D', start)).columns);
      from = days.pop()?.time ?? start;
    }
    return [...days, ...barsOf((await this._bars(fine, from)).columns)];
  }

  private async _bars(
    timeframe: string,
    from: number | null
  ): ReturnType<IMarketClient['bars']> {
    const { client, symbol } = this._options;
    return client.bars(
      { symbol, timeframe, limit: MANY, ...(from === null ? {} : { from }) },
      this._reading.signal
    );
  }

  private _take(part: IBar): void {
    const wasMixed = this._fold?.isMixed ?? false;
    const bar = this._fold?.take(part) ?? null;
    if (bar) {
      this._options.onBar(bar);
    }
    if (wasMixed && !this._fold?.isMixed) {
      // The bar that is over was sent from its middle on: the service knows it better.
      this._state = 'new';
    }
  }

  private _say(note: string, problem: string): void {
    if (note !== this.note || problem !== this.problem) {
      this.note = note;
      this.problem = problem;
      this._options.onNote();
    }
  }

  private get _timeframe(): string {
    return this._options.timeframe;
  }

  private readonly _reading = new AbortController();
  private readonly _listening: IDisposable;
  private readonly _waiting = new Map<number, IBar>();
  private _fold: BarFold | null = null;
  /** The newest bar that the service itself has answered. */
  private _settled: number | null;
  private _state: 'new' | 'reading' | 'ready' = 'new';
  /** One at a time: of two the later answer could be the older one. */
  private _isReading = false;
  /** Not before this moment, after a failure. */
  private _again = 0;
}

interface IQuotes {
  note: string;
  /** Of `bars`: the instrument's finest. */
  timeframe: string;
  bars: IBar[];
}

function rank(timeframe: string): number {
  return (TIMEFRAMES as readonly string[]).indexOf(timeframe);
}
