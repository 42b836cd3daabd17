/**
 * What a chart shows, as it is kept between visits: nothing in it comes from the service.
 */
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { UUID } from '@lumino/coreutils';

import type { Comparison } from './compare';
import { COLOUR, readCompare } from './compare';
import type { Drawing } from './drawings/state';
import { readDrawings } from './drawings/state';
import type { ChartScale, ChartStyle, Timeframe } from './ids';
import type { IPaneScale } from './scales';
import { FIRST_SYMBOL, SCALES, STYLES, TIMEFRAMES } from './ids';

/** A study on a chart. */
export interface IStudyState {
  /** Distinguishes two studies of one kind. */
  id: string;
  /** Such as `ta.rsi`. */
  study: string;
  inputs: Record<string, number>;
  /** By the names of plots; those that are left out have colours of the theme. */
  colours?: Record<string, string>;
  /** Default: it is. */
  visible?: boolean;
  /** The pane that it is drawn in; null: where the study itself belongs. */
  pane?: string | null;
}

/** One chart. */
export interface IChartState {
  symbol: string;
  timeframe: Timeframe;
  style: ChartStyle;
  scale: ChartScale;
  /** High prices are below. Default: they are above. */
  inverted?: boolean;
  volume: boolean;
  studies: IStudyState[];
  /** Other symbols over the chart, and drawings: as a layout's document has them. */
  compare: Comparison[];
  drawings: Drawing[];
  /** Heights of panes as shares: `main` has the prices, the others go by the id of their study. */
  heights?: Record<string, number>;
  /** Scales of the panes of studies, by the ids of those. */
  scales?: Record<string, IPaneScale>;
}

/** As many studies as a chart of a document can have. */
export const STUDIES_MAX = 50;

export const FIRST_CHART: IChartState = {
  symbol: FIRST_SYMBOL,
  timeframe: '1D',
  style: 'candles',
  scale: 'linear',
  volume: true,
  studies: [],
  compare: [],
  drawings: []
};

/** Read a state that was kept or given to a command; what makes no sense takes its default. */
export function readState(kept: ReadonlyPartialJSONObject): IChartState {
  return {
    symbol:
      typeof kept.symbol === 'string' && kept.symbol.trim() !== ''
        ? kept.symbol.trim()
        : FIRST_CHART.symbol,
    timeframe: oneOf(TIMEFRAMES, kept.timeframe, FIRST_CHART.timeframe),
    style: oneOf(STYLES, kept.style, FIRST_CHART.style),
    scale: oneOf(SCALES, kept.scale, FIRST_CHART.scale),
    inverted: kept.inverted === true,
    volume: kept.volume !== false,
    studies: Array.isArray(kept.studies)
      ? kept.studies.flatMap(study => readStudy(study)).slice(0, STUDIES_MAX)
      : [],
    compare: readCompare(kept.compare),
    drawings: readDrawings(kept.drawings),
    heights: Object.fromEntries(
      Object.entries(kept.heights ?? {}).filter(
        (entry): entry is [string, number] =>
          typeof entry[1] === 'number' && entry[1] > 0
      )
    ),
    scales: readScales(kept.scales)
  };
}

/** A study with an id of its own. */
export function newStudy(
  study: string,
  inputs: Record<string, number> = {}
): IStudyState {
  return { id: UUID.uuid4(), study, inputs, colours: {}, visible: true };
}

/** What changes when one study becomes another. */
export function withStudy(
  { studies }: IChartState,
  id: string,
  change: Partial<Omit<IStudyState, 'id'>>
): Pick<IChartState, 'studies'> {
  return {
    studies: studies.map(study =>
      study.id === id ? { ...study, ...change } : study
    )
  };
}

/** What changes when a study goes: the height of its pane goes with it. */
export function withoutStudy(
  { studies, heights = {} }: IChartState,
  id: string
): Pick<IChartState, 'studies' | 'heights'> {
  return {
    studies: studies.filter(study => study.id !== id),
    heights: Object.fromEntries(
      Object.entries(heights).filter(([pane]) => pane !== id)
    )
  };
}

/** What changes when a study comes back as it was `before`: its place, its pane and what was drawn in it. */
export function withStudyBack(
  now: IChartState,
  before: IChartState,
  id: string
): Partial<IChartState> {
  const at = before.studies.findIndex(one => one.id === id);
  if (at < 0 || now.studies.some(one => one.id === id)) {
    return {};
  }
  const kept = <T>(
    those: Record<string, T> = {},
    others: Record<string, T> = {}
  ): Record<string, T> =>
    id in those ? { ...others, [id]: those[id] } : others;
  const drawn = before.drawings.filter(
    one =>
      one.pane === id && !now.drawings.some(({ id: other }) => other === one.id)
  );
  return {
    studies: [
      ...now.studies.slice(0, at),
      before.studies[at],
      ...now.studies.slice(at)
    ],
    heights: kept(before.heights, now.heights),
    scales: kept(before.scales, now.scales),
    drawings: [...now.drawings, ...drawn]
  };
}

function readStudy(kept: unknown): IStudyState[] {
  if (typeof kept !== 'object' || kept === null) {
    return [];
  }
  const { id, study, inputs, colours, visible, pane } =
    kept as Partial<IStudyState>;
  if (typeof study !== 'string') {
    return [];
  }
  const numbers = Object.entries(inputs ?? {}).filter(
    (entry): entry is [string, number] => Number.isFinite(entry[1])
  );
  const read = {
    ...newStudy(study, Object.fromEntries(numbers)),
    colours: Object.fromEntries(
      Object.entries(colours ?? {}).filter(([, one]) => COLOUR.test(one))
    ),
    visible: visible !== false,
    pane: typeof pane === 'string' ? pane : null
  };
  return [typeof id === 'string' ? { ...read, id } : read];
}

function readScales(kept: unknown): Record<string, IPaneScale> {
  return Object.fromEntries(
    Object.entries((kept ?? {}) as Record<string, Partial<IPaneScale>>).map(
      ([id, scale]) => [
        id,
        {
          mode: oneOf(SCALES, scale?.mode, FIRST_CHART.scale),
          inverted: scale?.inverted === true
        }
      ]
    )
  );
}

function oneOf<T extends string>(
  all: readonly T[],
  value: unknown,
  otherwise: T
): T {
  return all.includes(value as T) ? (value as T) : otherwise;
}
