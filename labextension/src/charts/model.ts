/**
 * One chart: what it shows, the bars and studies behind it, and how they are loaded. Draws nothing.
 */
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { isAborted } from '../api/errors';
import type { Bars, Instrument, Study } from '../api/models';
import type { IBarColumns } from './bars';
import { indexAt, NO_BARS, prepend } from './bars';
import type { ChartChange, ChartStatus } from './changes';
import { isLook } from './changes';
import { Comparisons } from './compare';
import { evaluated } from './evaluate';
import type { StudyValues } from './figures';
import { aligned, isAmong, joined, preceded, toRequest } from './figures';
import { MANY, PAGE } from './ids';
import type { IMarketClient } from './market';
import { instrumentOf, studiesOf } from './market';
import type { IPaneScale } from './scales';
import type { IChartState, IStudyState } from './state';
import { newStudy, STUDIES_MAX, withoutStudy, withStudy } from './state';
import { EXCHANGE, zoneOf } from './zones';

export type { ChartChange, ChartStatus } from './changes';
export type { StudyValues } from './figures';
export type { IMarketClient } from './market';

/** After older bars could not be loaded. Milliseconds. */
const OLDER_PAUSE = 3000;

/** A chart. */
export class ChartModel implements IDisposable {
  constructor(
    private readonly _client: IMarketClient,
    state: IChartState,
    timezone: string = EXCHANGE
  ) {
    this._state = state;
    this._timezone = timezone;
    this.comparisons = new Comparisons(this, _client);
  }

  /** Other symbols over this chart. */
  readonly comparisons: Comparisons;

  get state(): IChartState {
    return this._state;
  }

  get status(): ChartStatus {
    return this._status;
  }

  get error(): unknown {
    return this._error;
  }

  /** In whose time zone times are said: the exchange's, the viewer's, or one by its name. */
  get timezone(): string {
    return this._timezone;
  }

  set timezone(choice: string) {
    if (choice !== this._timezone) {
      this._timezone = choice;
      this._changed.emit('look');
    }
  }

  /** The zone that times are said in. */
  get zone(): string {
    const { timeframe } = this._state;
    return zoneOf(this._timezone, this._instrument?.timezone, timeframe);
  }

  get instrument(): Instrument | null {
    return this._instrument;
  }

  get bars(): IBarColumns {
    return this._bars;
  }

  /** Where the last change of the kind `newer` began. */
  get changedFrom(): number {
    return this._changedFrom;
  }

  /** What is said of the bars' origin. */
  get page(): Bars | null {
    return this._page;
  }

  /** Every study there is; empty until asked for. */
  get catalogue(): readonly Study[] {
    return this._catalogue;
  }

  get changed(): ISignal<this, ChartChange> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._loading?.abort();
    this.comparisons.dispose();
    Signal.clearData(this);
  }

  /** Values of a study on the chart; null while they are computed, or when that failed. */
  valuesOf(study: IStudyState): StudyValues | null {
    return this._values.get(study.id) ?? null;
  }

  /** Why a study has no values, or null. */
  problemOf(study: IStudyState): unknown {
    return this._problems.get(study.id) ?? null;
  }

  /** Show something else. What needs other bars loads them. */
  async set(change: Partial<IChartState>): Promise<void> {
    const before = this._state;
    this._state = { ...before, ...change };
    const { symbol, timeframe, studies, drawings, compare } = this._state;
    if (drawings !== before.drawings) {
      this._changed.emit('drawings');
    }
    if (compare !== before.compare) {
      this._changed.emit('compare');
    }
    if (symbol !== before.symbol || timeframe !== before.timeframe) {
      await this.load();
    } else if (studies !== before.studies) {
      this._changed.emit('studies');
      await this._evaluate(
        studies.filter(one => !isAmong(before.studies, one))
      );
    } else if (isLook(change)) {
      this._changed.emit('look');
    }
  }

  /** A full chart takes none. */
  addStudy(study: string): Promise<void> {
    const { studies } = this._state;
    const isFull = studies.length >= STUDIES_MAX;
    return this.set(isFull ? {} : { studies: [...studies, newStudy(study)] });
  }

  removeStudy(id: string): Promise<void> {
    this._values.delete(id);
    this._problems.delete(id);
    return this.set(withoutStudy(this._state, id));
  }

  /** Draw a study in other colours, or hide it and show it again. */
  setStyle(
    id: string,
    style: Pick<IStudyState, 'colours' | 'visible'>
  ): Promise<void> {
    return this.set(withStudy(this._state, id, style));
  }

  /** Let the scale of a study's pane count otherwise. */
  setScale(id: string, scale: IPaneScale): Promise<void> {
    return this.set({ scales: { ...this._state.scales, [id]: scale } });
  }

  setInputs(id: string, inputs: Record<string, number>): Promise<void> {
    // Figures of other inputs must not stand under these.
    this._values.delete(id);
    this._problems.delete(id);
    return this.set(withStudy(this._state, id, { inputs }));
  }

  /** Load the newest bars. Never rejects: `status` and `error` tell. */
  async load(): Promise<void> {
    this._loading?.abort();
    const loading = new AbortController();
    this._loading = loading;
    this._olderAgain = 0;
    this._status = 'loading';
    this._error = null;
    this._changed.emit('status');
    const { symbol, timeframe } = this._state;
    const asked = instrumentOf(this._client, symbol);
    try {
      const [instrument, page] = await Promise.all([
        asked,
        this._client.bars({ symbol, timeframe, limit: PAGE }, loading.signal),
        this._learnStudies()
      ]);
      if (loading !== this._loading || this._isDisposed) {
        return;
      }
      this._instrument = instrument;
      this._page = page;
      this._bars = page.columns;
      this._values.clear();
      this._problems.clear();
      this._status = this._bars.time.length > 0 ? 'ready' : 'empty';
      this._changed.emit('bars');
      await this._evaluate(this._state.studies);
    } catch (error) {
      // An instrument without bars in this timeframe may have them in others: it says in which.
      const instrument = await asked.catch(() => null);
      if (loading === this._loading && !isAborted(error)) {
        this._status = 'error';
        this._error = error;
        this._bars = NO_BARS;
        this._instrument = instrument;
        this._page = null;
        this._changed.emit('bars');
      }
    }
  }

  /**
   * Load bars back to `time` (milliseconds; null: all there are). Ends early when the chart comes to show something
   * else, or when a page cannot be had.
   */
  async loadSince(time: number | null): Promise<void> {
    const loading = this._loading;
    let count = -1;
    while (loading === this._loading && count !== this._bars.time.length) {
      count = this._bars.time.length;
      if (time !== null && this._bars.time[0] <= time) {
        return;
      }
      await this.loadOlder(MANY);
    }
  }

  /** Load bars before the first one. Safe to call often; a failure is tried again with a later call. */
  loadOlder(limit = PAGE): Promise<void> {
    this._older ??= this._loadOlder(limit).finally(() => {
      this._older = null;
    });
    return this._older;
  }

  /** Show bars that differ from those there are from the place `from` on. */
  putNewer(bars: IBarColumns, from: number): void {
    const isFirst = this._status === 'empty' && bars.time.length > 0;
    this._bars = bars;
    this._changedFrom = from;
    if (isFirst) {
      this._status = 'ready';
    }
    this._changed.emit(isFirst ? 'bars' : 'newer');
  }

  /** Values of studies for bars that have none yet, and for the last one that has. Never rejects. */
  async evaluateNewer(): Promise<void> {
    const loading = this._loading;
    const studies = this._state.studies.filter(one => this._values.has(one.id));
    const known = Math.min(...studies.map(one => this._known(one)));
    const { symbol, timeframe } = this._state;
    // While another history is loaded these bars are the one before's: its own load has all figures.
    if (studies.length === 0 || this._isDisposed || this._status !== 'ready') {
      return;
    }
    try {
      const answer = await this._client.evaluateStudies(
        {
          symbol,
          timeframe,
          from: this._bars.time[Math.max(0, known - 1)],
          limit: MANY,
          studies: studies.map(toRequest)
        },
        loading?.signal
      );
      // Older bars, or other inputs, may have come meanwhile: their own answers have these values too.
      const at = indexAt(this._bars, answer.time[0] ?? Infinity);
      if (loading !== this._loading || this._isDisposed) {
        return;
      }
      studies.forEach((study, index) => {
        const values = this._values.get(study.id);
        if (values && isAmong(this._state.studies, study)) {
          const newer = aligned(answer.time, answer.results[index].plots, {
            time: this._bars.time.slice(at)
          });
          this._values.set(study.id, joined(values, newer, at));
        }
      });
      this._changedFrom = at;
      this._changed.emit('newer');
    } catch (error) {
      if (!isAborted(error)) {
        console.warn('QuantLab: studies could not be continued.', error);
      }
    }
  }

  private _known(study: IStudyState): number {
    const plots = Object.values(this._values.get(study.id) ?? {});
    return Math.min(...plots.map(values => values.length));
  }

  private async _loadOlder(limit: number): Promise<void> {
    const before = this._page?.next_before;
    if (!before || this._status !== 'ready' || Date.now() < this._olderAgain) {
      return;
    }
    const loading = this._loading;
    const { symbol, timeframe, studies } = this._state;
    const range = { symbol, timeframe, to: before, limit };
    try {
      const [page, ...values] = await Promise.all([
        this._client.bars(range, loading?.signal),
        // Each by itself: one that cannot be computed does not hold the bars back.
        ...studies.map(study => this._evaluateOlder(study, range, loading))
      ]);
      if (loading !== this._loading || this._isDisposed) {
        return;
      }
      const count = this._bars.time.length;
      this._bars = prepend(page.columns, this._bars);
      const added = this._bars.time.length - count;
      this._page = { ...page, columns: this._bars };
      this._prependValues(studies, values, added);
      this._changed.emit('older');
      // Those that came, or got other inputs, meanwhile.
      await this._evaluate(
        this._state.studies.filter(one => !isAmong(studies, one))
      );
    } catch (error) {
      if (!isAborted(error)) {
        this._olderAgain = Date.now() + OLDER_PAUSE;
        console.warn('QuantLab: older bars could not be loaded.', error);
      }
    }
  }

  /** Whatever has no values for the bars that were added has none at all: they would stand under other bars. */
  private _prependValues(
    studies: readonly IStudyState[],
    values: readonly (StudyValues | null)[],
    added: number
  ): void {
    for (const [id, newer] of [...this._values]) {
      const at = studies.findIndex(one => one.id === id);
      const isSame = at >= 0 && isAmong(this._state.studies, studies[at]);
      const older = isSame ? values[at] : null;
      if (older) {
        this._values.set(id, preceded(newer, older, added));
      } else {
        this._values.delete(id);
      }
    }
  }

  private async _evaluateOlder(
    study: IStudyState,
    range: { symbol: string; timeframe: string; to: number; limit: number },
    loading: AbortController | null
  ): Promise<StudyValues | null> {
    if (this._problems.has(study.id)) {
      return null;
    }
    try {
      const answer = await this._client.evaluateStudies(
        { ...range, studies: [toRequest(study)] },
        loading?.signal
      );
      return answer.results[0].plots;
    } catch (error) {
      const isWanted = isAmong(this._state.studies, study);
      if (isWanted && loading === this._loading && !isAborted(error)) {
        this._problems.set(study.id, error);
      }
      return null;
    }
  }

  private async _evaluate(studies: readonly IStudyState[]): Promise<void> {
    if (studies.length === 0 || this._status !== 'ready') {
      return; // what is loaded evaluates them all once it is there
    }
    const loading = this._loading;
    // Each by itself: one that cannot be computed takes no other with it.
    await Promise.all(studies.map(study => this._evaluateOne(study, loading)));
    if (loading === this._loading && !this._isDisposed) {
      this._changed.emit('studies');
    }
  }

  private async _evaluateOne(
    study: IStudyState,
    loading: AbortController | null
  ): Promise<void> {
    const { symbol, timeframe } = this._state;
    try {
      let first: number | null = null;
      // Older bars may come meanwhile: then there are values missing for them.
      while (loading === this._loading && first !== this._bars.time[0]) {
        first = this._bars.time[0];
        const [times, plots] = await evaluated(
          this._client,
          { symbol, timeframe },
          study,
          this._bars,
          loading?.signal
        );
        if (!isAmong(this._state.studies, study)) {
          return; // other inputs by now, or gone: this answer came late
        }
        if (loading === this._loading && first === this._bars.time[0]) {
          this._values.set(study.id, aligned(times, plots, this._bars));
          this._problems.delete(study.id);
        }
      }
    } catch (error) {
      const isWanted = isAmong(this._state.studies, study);
      if (isWanted && loading === this._loading && !isAborted(error)) {
        this._values.delete(study.id);
        this._problems.set(study.id, error);
      }
    }
  }

  private async _learnStudies(): Promise<void> {
    if (this._catalogue.length === 0) {
      this._catalogue = await studiesOf(this._client);
    }
  }

  private _state: IChartState;
  private _timezone: string;
  private _status: ChartStatus = 'loading';
  private _error: unknown = null;
  private _instrument: Instrument | null = null;
  private _bars: IBarColumns = NO_BARS;
  private _page: Bars | null = null;
  private _catalogue: readonly Study[] = [];
  private _changedFrom = 0;
  private _older: Promise<void> | null = null;
  /** Not before this moment, after a failure. */
  private _olderAgain = 0;
  private _isDisposed = false;
  private _loading: AbortController | null = null;
  private readonly _values = new Map<string, StudyValues>();
  private readonly _problems = new Map<string, unknown>();
  private readonly _changed = new Signal<this, ChartChange>(this);
}
