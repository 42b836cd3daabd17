/**
 * A workflow at a glance: plain text of its first cells, and its first picture. Nothing of it is run or rendered as
 * markup.
 */
import type { Workflow } from '../api/models';

const CELLS = 8;
const LINES = 12;

export type CellSummary = { type: 'code' | 'markdown' | 'raw'; text: string };

export type Summary = {
  cells: CellSummary[];
  /** How many cells there are in all. */
  total: number;
  /** The first picture as a data URL (PNG or JPEG), or null. */
  picture: string | null;
};

type Output = { data?: Record<string, unknown> };
type Cell = { cell_type?: string; source?: unknown; outputs?: Output[] };

/** Summarise whatever content a workflow has; odd content gives an empty summary, never an error. */
export function summarise(workflow: Workflow): Summary {
  if (workflow.kind === 'python') {
    return {
      cells: [{ type: 'code', text: firstLines(workflow.code ?? '', 40) }],
      total: 1,
      picture: null
    };
  }
  const raw = workflow.notebook?.cells;
  const cells = Array.isArray(raw) ? (raw as Cell[]) : [];
  return {
    cells: cells
      .map(cell => ({
        type: typeOf(cell),
        text: firstLines(joined(cell.source), LINES)
      }))
      .filter(cell => cell.text !== '')
      .slice(0, CELLS),
    total: cells.length,
    picture: firstPicture(cells)
  };
}

function typeOf(cell: Cell): CellSummary['type'] {
  return cell.cell_type === 'markdown' || cell.cell_type === 'raw'
    ? cell.cell_type
    : 'code';
}

/** nbformat keeps text as a string or as a list of lines. */
function joined(value: unknown): string {
  if (Array.isArray(value)) {
    return value.filter(line => typeof line === 'string').join('');
  }
  return typeof value === 'string' ? value : '';
}

function firstLines(text: string, count: number): string {
  const lines = text.trimEnd().split('\n');
  return lines.length > count
    ? [...lines.slice(0, count), '…'].join('\n')
    : lines.join('\n');
}

function firstPicture(cells: Cell[]): string | null {
  for (const cell of cells) {
    for (const output of Array.isArray(cell.outputs) ? cell.outputs : []) {
      for (const type of ['image/png', 'image/jpeg']) {
        const data = joined(output?.data?.[type]).replace(/\s+/g, '');
        // Only base64: nothing else can follow the comma of the data URL.
        if (data !== '' && /^[A-Za-z0-9+/]+=*$/.test(data)) {
          return `data:${type};base64,${data}`;
        }
      }
    }
  }
  return null;
}
