/**
 * Layout documents and what charts show, turned into each other. Nothing here draws or asks the service; documents are
 * never changed in place, and what a function does not know of stays as it was.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';

import type { LayoutDocument } from '../api/models';
import { readCompare } from '../charts/compare';
import { readDrawings } from '../charts/drawings/state';
import type { IChartState, IStudyState } from '../charts/state';
import { FIRST_CHART } from '../charts/state';
import type { IViewRange } from '../charts/view';
import type { Link } from './ids';
import { panesLeft, panesOf, withPanes } from './panes';

export type LayoutChart = LayoutDocument['charts'][number];
export type LayoutGrid = NonNullable<LayoutDocument['grid']>;
export type LinkGroup = NonNullable<LayoutDocument['groups']>[number];

type ChartStudy = NonNullable<LayoutChart['studies']>[number];

/** The schema that this page reads and writes. */
export const SCHEMA_VERSION = 1;

/** The group that charts are put into when nobody named one. */
const GROUP = 'linked';

/** What a chart of a document shows. */
export function stateOf(chart: LayoutChart): IChartState {
  return {
    symbol: chart.symbol,
    timeframe: chart.timeframe,
    style: chart.style ?? FIRST_CHART.style,
    volume: chart.volume ?? FIRST_CHART.volume,
    studies: (chart.studies ?? []).map(study => ({
      id: study.key ?? study.id,
      study: study.id,
      inputs: numbersOf(study.inputs ?? {}),
      colours: study.colours ?? {},
      visible: study.visible ?? true,
      pane: study.pane ?? null
    })),
    compare: readCompare(chart.compare),
    drawings: readDrawings(chart.drawings),
    ...panesOf(chart)
  };
}

/** The document after one of its charts came to show this; the very same document when that says nothing new. */
export function withState(
  document: LayoutDocument,
  id: string,
  state: IChartState
): LayoutDocument {
  const before = document.charts.find(chart => chart.id === id);
  const shown = before && stateOf(before);
  if (!shown || sameContent(shown, state)) {
    return document;
  }
  return withChart(document, {
    ...before,
    symbol: state.symbol,
    timeframe: state.timeframe,
    style: state.style,
    volume: state.volume,
    ...withPanes(
      { panes: panesLeft(before, state) },
      state.studies.map(study => studyOf(study, before)),
      state
    ),
    // Members that are as they were stay in the words of the document.
    ...(sameContent(shown.compare, state.compare)
      ? {}
      : { compare: state.compare }),
    ...(sameContent(shown.drawings, state.drawings)
      ? {}
      : { drawings: state.drawings })
  });
}

/** The group that a chart follows, or null. */
export function groupOf(
  document: LayoutDocument,
  id: string
): LinkGroup | null {
  const chart = document.charts.find(one => one.id === id);
  return (
    (document.groups ?? []).find(group => group.id === chart?.group) ?? null
  );
}

/** Ids of the charts that share `link` with a chart, without itself. */
export function linkedWith(
  document: LayoutDocument,
  id: string,
  link: Link
): string[] {
  const group = groupOf(document, id);
  return group?.[link]
    ? document.charts.flatMap(chart =>
        chart.group === group.id && chart.id && chart.id !== id
          ? [chart.id]
          : []
      )
    : [];
}

/** Share something, or no longer, among the charts of a chart's group. Without a group all charts become one. */
export function setLink(
  document: LayoutDocument,
  id: string,
  link: Link,
  isOn: boolean
): LayoutDocument {
  const group = groupOf(document, id);
  if (group) {
    return {
      ...document,
      groups: (document.groups ?? []).map(one =>
        one === group ? { ...one, [link]: isOn } : one
      )
    };
  }
  const made = {
    id: GROUP,
    colour: null,
    symbol: false,
    interval: false,
    crosshair: false,
    range: false,
    [link]: isOn
  };
  return {
    ...document,
    groups: [...(document.groups ?? []).filter(one => one.id !== GROUP), made],
    charts: document.charts.map(chart =>
      chart.group === null || chart.group === undefined || chart.group === GROUP
        ? { ...chart, group: GROUP }
        : chart
    )
  };
}

/** Let a chart follow the others, or go its own way. */
export function setLinked(
  document: LayoutDocument,
  id: string,
  isLinked: boolean
): LayoutDocument {
  const group = isLinked ? (document.groups?.[0]?.id ?? null) : null;
  const chart = document.charts.find(one => one.id === id);
  return chart ? withChart(document, { ...chart, group }) : document;
}

/** What a chart has in sight, as far as the document says. */
export function rangeOf(
  document: LayoutDocument,
  id: string
): IViewRange | null {
  return document.view?.ranges?.[id] ?? null;
}

/** The document after a chart came to show other bars; the very same document when it shows these already. */
export function withRange(
  document: LayoutDocument,
  id: string,
  range: IViewRange
): LayoutDocument {
  const { view } = document;
  const ranges = { ...view?.ranges, [id]: range };
  return sameContent(ranges[id], view?.ranges?.[id])
    ? document
    : { ...document, view: { ...view, ranges } };
}

/** Whether two documents say the same. The visible range is of the moment and does not count. */
export function sameDocument(a: LayoutDocument, b: LayoutDocument): boolean {
  return documentKey(a) === documentKey(b);
}

/** Documents are never changed in place, and asked for their keys several times with each change. */
const keys = new WeakMap<LayoutDocument, string>();

/** Same key, same document in the sense of {@link sameDocument}. */
export function documentKey(document: LayoutDocument): string {
  let key = keys.get(document);
  if (key === undefined) {
    key = canonical({ ...document, view: null });
    keys.set(document, key);
  }
  return key;
}

/** What {@link documentKey} compares, to be read: one member a line, in one order. */
export function documentText(document: LayoutDocument): string {
  return JSON.stringify(JSON.parse(documentKey(document)), null, 2);
}

/** The charts and how they are arranged, without the parts that restore a moment. */
export function withoutMoment(document: LayoutDocument): LayoutDocument {
  return { ...document, panels: {}, view: null, theme: null, timezone: null };
}

/** What a layout holds, in words: `2 charts: AAPL 1D, MSFT 1h`. */
export function inWords(
  document: LayoutDocument,
  trans: TranslationBundle
): string {
  const charts = document.charts.map(
    chart => `${chart.symbol.replace(/^[^:]*:/, '')} ${chart.timeframe}`
  );
  const count = charts.length;
  return trans._n('%1 chart: %2', '%1 charts: %2', count, charts.join(', '));
}

/** A new chart, complete. */
export function chartOf(state: IChartState): LayoutChart {
  return {
    id: UUID.uuid4(),
    symbol: state.symbol,
    timeframe: state.timeframe,
    style: state.style,
    volume: state.volume,
    group: null,
    ...withPanes(
      {},
      state.studies.map(study => studyOf(study, null)),
      state
    ),
    compare: state.compare,
    drawings: state.drawings
  };
}

function studyOf(state: IStudyState, chart: LayoutChart | null): ChartStudy {
  const before = chart?.studies?.find(
    study => (study.key ?? study.id) === state.id
  );
  if (!before) {
    return {
      id: state.study,
      key: state.id,
      inputs: state.inputs,
      pane: state.pane ?? null,
      colours: state.colours ?? {},
      visible: state.visible ?? true
    };
  }
  const others = Object.entries(before.inputs ?? {}).filter(
    ([, value]) => typeof value !== 'number'
  );
  return {
    ...before,
    inputs: { ...Object.fromEntries(others), ...state.inputs },
    colours: state.colours ?? {},
    visible: state.visible ?? true
  };
}

function numbersOf(inputs: Record<string, unknown>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(inputs).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number'
    )
  );
}

function withChart(
  document: LayoutDocument,
  chart: LayoutChart
): LayoutDocument {
  return {
    ...document,
    charts: document.charts.map(one => (one.id === chart.id ? chart : one))
  };
}

/** Equal as data; the order of members does not count. */
export function sameContent(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))
        )
      : inner
  );
}
