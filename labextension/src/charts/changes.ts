/**
 * Where a chart's model stands, and what changes in it.
 */
import type { IChartState } from './state';

/**
 * - `loading`: nothing to show yet
 * - `ready`: bars are there
 * - `empty`: the instrument has no bars
 * - `error`: `error` says why; what was shown may still be there
 */
export type ChartStatus = 'loading' | 'ready' | 'empty' | 'error';

/**
 * - `bars`: other bars altogether
 * - `older`: bars were put before those there are
 * - `newer`: bars, or values of studies, from `changedFrom` on are new or others
 * - `look`: style, scale, volume, time zone
 * - `studies`: their list, inputs or values
 * - `drawings`, `compare`: their list, or one of them
 * - `status`: loading, errors
 */
export type ChartChange =
  | 'bars'
  | 'older'
  | 'newer'
  | 'look'
  | 'studies'
  | 'drawings'
  | 'compare'
  | 'status';

/** Members of a state whose change is no change of the look. */
const OWN_CHANGE: ReadonlySet<string> = new Set(['drawings', 'compare']);

/** Whether a change of the state is one of the look. */
export function isLook(change: Partial<IChartState>): boolean {
  return Object.keys(change).some(member => !OWN_CHANGE.has(member));
}
