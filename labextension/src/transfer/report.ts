/**
 * What an import did, in the order in which people want to know: refusals first.
 */
import type { ImportItem, ImportReport } from '../api/models';

const ORDER: ImportItem['status'][] = [
  'refused',
  'renamed',
  'created',
  'unchanged'
];

/** Items by how they fared, refusals first; their order inside a group stays. */
export function sortedItems(report: ImportReport): ImportItem[] {
  return [...report.items].sort(
    (a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status)
  );
}

/** How many fared how. */
export function counts(
  report: ImportReport
): Record<ImportItem['status'], number> {
  const result = { created: 0, renamed: 0, unchanged: 0, refused: 0 };
  for (const item of report.items) {
    result[item.status] += 1;
  }
  return result;
}
