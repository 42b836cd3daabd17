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
  'notes'
];

/** A trait's value. */
export function trait<K extends keyof ITraits>(
  model: ICellModel,
  name: K
): ITraits[K] {
  return model.get(name) as ITraits[K];
}

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

  /** Everything that the kernel gave is here already. */
  loadOlder(): Promise<void> {
    return Promise.resolve();
  }

  /** The kernel gave other bars. */
  readBars(): void {
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
  }

  /** The kernel gave other studies or other values. */
  readFigures(): void {
    const figures = trait(this._model, 'figures');
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
  }

  private _bars: IBarColumns = NO_BARS;
  private _hasVolume = false;
  private _studies: IStudyState[] = [];
  private _catalogue: Study[] = [];
  private _values = new Map<string, StudyValues>();
}
