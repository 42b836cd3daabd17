/**
 * Which charts a layout has and how they are arranged. Documents are never changed in place, and what a function does
 * not know of stays as it was.
 */
import type { LayoutDocument } from '../api/models';
import type { IChartState } from '../charts/state';
import { FIRST_CHART } from '../charts/state';
import type { LayoutChart, LayoutGrid } from './document';
import { chartOf, sameContent, SCHEMA_VERSION, stateOf } from './document';
import type { GridShape } from './ids';
import { CHARTS_MAX, SHAPES } from './ids';

type Cell = NonNullable<LayoutGrid['cells']>[number];

/** A document with one chart, in the complete form in which the service stores it. */
export function newDocument(state: IChartState = FIRST_CHART): LayoutDocument {
  const charts = [chartOf(state)];
  return {
    schema_version: SCHEMA_VERSION,
    charts,
    grid: flowed(charts, 1),
    groups: [],
    panels: {},
    view: null,
    theme: null,
    timezone: null
  };
}

/** Add a chart like the one with this id, without what was put on it. The same document when it is full. */
export function addChart(document: LayoutDocument, id: string): LayoutDocument {
  if (document.charts.length >= CHARTS_MAX) {
    return document;
  }
  const charts = [...document.charts, likeOf(document, id)];
  const { grid } = document;
  if (grid && !isFlowed(document)) {
    // Somebody's own arrangement stays; the new chart gets a row of its own.
    const { rows, columns } = extent(document);
    const added = cell(charts[charts.length - 1], rows, 0, columns);
    return {
      ...document,
      charts,
      grid: {
        ...grid,
        rows: rows + 1,
        heights: [...(grid.heights ?? []), 1],
        cells: [...(grid.cells ?? []), added]
      }
    };
  }
  return { ...document, charts, grid: flowed(charts, squareColumns(charts)) };
}

/** Take a chart away. The last one stays: a layout has at least one. */
export function removeChart(
  document: LayoutDocument,
  id: string
): LayoutDocument {
  const charts = document.charts.filter(chart => chart.id !== id);
  return charts.length === 0 || charts.length === document.charts.length
    ? document
    : withCharts(document, charts, flowed(charts, squareColumns(charts)));
}

/** Arrange charts: missing ones are added, those beyond the places go. */
export function arrange(
  document: LayoutDocument,
  shape: GridShape
): LayoutDocument {
  const [rows, columns] = SHAPES[shape];
  const charts = document.charts.slice(0, rows * columns);
  const last = charts[charts.length - 1];
  while (charts.length < rows * columns) {
    charts.push(likeOf(document, last.id ?? ''));
  }
  return withCharts(document, charts, flowed(charts, columns));
}

/** The arrangement, or null when it is somebody's own. */
export function shapeOf(document: LayoutDocument): GridShape | null {
  const { rows, columns } = extent(document);
  const shapes = Object.entries(SHAPES) as [
    GridShape,
    readonly [number, number]
  ][];
  const found = shapes.find(
    ([, [down, across]]) => down === rows && across === columns
  );
  return found && document.charts.length === rows * columns ? found[0] : null;
}

/**
 * Put back the charts that a document had before some were removed. What else was changed since then stays, and what was
 * added since stays too; the old arrangement comes back when it fits all charts.
 */
export function putBack(
  document: LayoutDocument,
  before: LayoutDocument
): LayoutDocument {
  const has = (charts: readonly LayoutChart[], id: LayoutChart['id']) =>
    charts.some(chart => chart.id === id);
  const kept = before.charts.map(
    chart => document.charts.find(one => one.id === chart.id) ?? chart
  );
  const added = document.charts.filter(one => !has(before.charts, one.id));
  const charts = [...kept, ...added].slice(0, CHARTS_MAX);
  const { view } = before;
  const ranges = { ...view?.ranges, ...document.view?.ranges };
  return {
    ...document,
    charts,
    grid:
      added.length === 0 ? before.grid : flowed(charts, squareColumns(charts)),
    view: document.view ? { ...document.view, ranges } : view
  };
}

/** Rows and columns of the grid. */
export function extent(document: LayoutDocument): {
  rows: number;
  columns: number;
} {
  return {
    rows: document.grid?.rows ?? 1,
    columns: document.grid?.columns ?? 1
  };
}

function likeOf(document: LayoutDocument, id: string): LayoutChart {
  const like =
    document.charts.find(chart => chart.id === id) ?? document.charts[0];
  const made = chartOf({
    ...stateOf(like),
    studies: [],
    compare: [],
    drawings: []
  });
  return { ...made, group: like.group ?? null };
}

/** Other charts altogether; what was said of charts that are gone goes too. */
function withCharts(
  document: LayoutDocument,
  charts: LayoutChart[],
  grid: LayoutGrid
): LayoutDocument {
  const { view } = document;
  const ranges = Object.entries(view?.ranges ?? {}).filter(([id]) =>
    charts.some(chart => chart.id === id)
  );
  return {
    ...document,
    charts,
    grid,
    view: view ? { ...view, ranges: Object.fromEntries(ranges) } : view
  };
}

function squareColumns(charts: readonly LayoutChart[]): number {
  return Math.ceil(Math.sqrt(charts.length));
}

function cell(
  chart: LayoutChart,
  row: number,
  column: number,
  columns: number
): Cell {
  return { chart: chart.id ?? '', row, column, rows: 1, columns };
}

/** Charts row by row; the last one takes what is left of its row. */
function flowed(charts: readonly LayoutChart[], columns: number): LayoutGrid {
  const rows = Math.ceil(charts.length / columns);
  const last = charts.length - 1;
  return {
    rows,
    columns,
    heights: Array.from({ length: rows }, () => 1),
    widths: Array.from({ length: columns }, () => 1),
    cells: charts.map((chart, at) => {
      const column = at % columns;
      const across = at === last ? columns - column : 1;
      return cell(chart, Math.floor(at / columns), column, across);
    })
  };
}

function isFlowed(document: LayoutDocument): boolean {
  const { columns } = extent(document);
  const { cells } = flowed(document.charts, columns);
  return sameContent(cells, document.grid?.cells ?? []);
}
