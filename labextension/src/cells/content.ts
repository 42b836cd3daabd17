/**
 * What a chart in a cell draws: the traits of the kernel's chart, in the shape that the chart area's own charts have.
 */
import type { Instrument, Study } from '../api/models';
import type { IBarColumns } from '../charts/bars';
import { NO_BARS } from '../charts/bars';
import type { ChartScale, ChartStyle, Timeframe } from '../charts/ids';
import type { StudyValues } from '../charts/model';
import type { IChartState, IStudyState } from '../charts/state';
import type { IDrawn } from '../charts/surface';

/** The page's side of the kernel's widget, as anywidget hands it over. */
export interface ICellModel {
  get(name: string): unknown;
  on(event: string, callback: () => void): void;
  off(event: string, callback: () => void): void;
  /** Tell the kernel; fails, or does nothing, where there is none. */
  send(content: { kind: 'older' }): void;
}

/** The traits of `quantlab_ext.widgets.chart.Chart`. */
export interface ITraits {
  instrument: Instrument;
  timeframe: Timeframe;
  style: ChartStyle;
  scale: ChartScale;
  volume: boolean;
  height: number;
  columns: Record<keyof IBarColumns, DataView>;
  figures: {
    study: Study;
    inputs: Record<string, number>;
    values: Record<string, DataView>;
  }[];
  /** The kernel has bars before the first one. */
  has_older: boolean;
  notes: string[];
}

export const TRAITS: readonly (keyof ITraits)[] = [
  'instrument',
  'timeframe',
  'style',
  'scale',
  'volume',
  'height',
  'columns',
  'figures',
  'has_older',
  'notes'
];

/** A trait's value. */
export function trait<K extends keyof ITraits>(
  model: ICellModel,
  name: K
): ITraits[K] {
  return model.get(name) as ITraits[K];
}

/** After older bars were asked for and did not come: the kernel may be busy, or gone. Milliseconds. */
const ASK_AGAIN = 10_000;

/** Numbers of a float64 column, little-endian; null where there is none. */
export function numbers(column: DataView): (number | null)[] {
  return Array.from({ length: column.byteLength / 8 }, (_, i) => {
    const value = column.getFloat64(i * 8, true);
    return Number.isNaN(value) ? null : value;
  });
}

/** A chart's content as the kernel has it now. */
export class CellContent implements IDrawn {
  constructor(private readonly _model: ICellModel) {
    this.readBars();
    this.readFigures();
  }

  get bars(): IBarColumns {
    return this._bars;
  }

  /** A chart in a cell says times in the zone of its exchange. */
  get zone(): string {
    return this.instrument.timezone;
  }

  get instrument(): Instrument {
    return trait(this._model, 'instrument');
  }

  get state(): IChartState {
    return {
      symbol: this.instrument.symbol,
      timeframe: trait(this._model, 'timeframe'),
      style: trait(this._model, 'style'),
      scale: trait(this._model, 'scale'),
      volume: trait(this._model, 'volume') && this._hasVolume,
      studies: this._studies,
      compare: [],
      drawings: []
    };
  }

  /** A chart in a cell compares with nothing. */
  readonly comparisons = { valuesOf: (): null => null };

  /** Each study by an id of its own: two of a kind are told apart. */
  get catalogue(): readonly Study[] {
    return this._catalogue;
  }

  valuesOf(study: IStudyState): StudyValues | null {
    return this._values.get(study.id) ?? null;
  }

  /** Ask the kernel for bars before the first one; they come as any others do. */
  loadOlder(): Promise<void> {
    const [first] = this._bars.time;
    const isAsked = first === this._asked && Date.now() < this._askAgain;
    if (trait(this._model, 'has_older') && !isAsked) {
      this._asked = first;
      this._askAgain = Date.now() + ASK_AGAIN;
      try {
        this._model.send({ kind: 'older' });
      } catch (error) {
        console.warn('QuantLab: the kernel cannot be asked.', error);
      }
    }
    return Promise.resolve();
  }

  /** The kernel gave other bars. How many more there are, where they only go further back; else null. */
  readBars(): number | null {
    const before = this._bars.time;
    const columns = trait(this._model, 'columns');
    this._bars = columns.time
      ? {
          // Times and prices are never absent, volumes may be.
          time: numbers(columns.time) as number[],
          open: numbers(columns.open) as number[],
          high: numbers(columns.high) as number[],
          low: numbers(columns.low) as number[],
          close: numbers(columns.close) as number[],
          volume: numbers(columns.volume)
        }
      : NO_BARS;
    this._hasVolume = this._bars.volume.some(value => value !== null);
    const { time } = this._bars;
    const added = time.length - before.length;
    const isOlder =
      added > 0 &&
      before.length > 0 &&
      time[added] === before[0] &&
      time[time.length - 1] === before[before.length - 1];
    return isOlder ? added : null;
  }

  /** The kernel gave other studies or other values. False: they are not the studies that there were. */
  readFigures(): boolean {
    const figures = trait(this._model, 'figures');
    const before = JSON.stringify([this._studies, this._catalogue]);
    this._studies = figures.map(({ inputs }, place) => ({
      id: String(place),
      study: String(place),
      inputs
    }));
    this._catalogue = figures.map(({ study }, place) => ({
      ...study,
      id: String(place)
    }));
    this._values = new Map(
      figures.map(({ values }, place) => [
        String(place),
        Object.fromEntries(
          Object.entries(values).map(([plot, column]) => [
            plot,
            numbers(column)
          ])
        )
      ])
    );
    return JSON.stringify([this._studies, this._catalogue]) === before;
  }

  private _bars: IBarColumns = NO_BARS;
  private _hasVolume = false;
  private _asked: number | null = null;
  private _askAgain = 0;
  private _studies: IStudyState[] = [];
  private _catalogue: Study[] = [];
  private _values = new Map<string, StudyValues>();
}
