/**
 * The rows of a comparison as they are shown: runs of unchanged cells fold away.
 */
import type { DiffRow } from '../api/models';

/** Unchanged cells kept in sight on either side of a change. */
const CONTEXT = 1;

/** A row, or a fold over rows that are the same on both sides. `start` is the index of the first row. */
export type ShownRow =
  | { type: 'row'; start: number; row: DiffRow }
  | { type: 'fold'; start: number; rows: DiffRow[] };

/** Fold runs of rows in which nothing changed. Folds of a single row are not worth it. */
export function foldRows(rows: readonly DiffRow[]): ShownRow[] {
  const shown: ShownRow[] = [];
  const near = rows.map((_, index) =>
    rows
      .slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1)
      .some(isChanged)
  );
  let index = 0;
  while (index < rows.length) {
    let end = index;
    while (end < rows.length && !near[end]) {
      end += 1;
    }
    if (end - index > 1) {
      shown.push({
        type: 'fold',
        start: index,
        rows: rows.slice(index, end)
      });
      index = end;
    } else {
      shown.push({ type: 'row', start: index, row: rows[index] });
      index += 1;
    }
  }
  return shown;
}

/** Source or outputs differ. */
export function isChanged(row: DiffRow): boolean {
  return row.change !== 'same' || row.outputs_changed === true;
}
