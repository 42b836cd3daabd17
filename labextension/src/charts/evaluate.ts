/**
 * Asks the service for the values of a study beside all bars of a chart, however many there are.
 */
import type { StudyEvaluation } from '../api/models';
import type { IBarColumns } from './bars';
import type { StudyValues } from './figures';
import { toRequest } from './figures';
import type { IMarketClient } from './market';
import type { IStudyState } from './state';

/** The service computes so many bars at once, at most. */
export const EVALUATED_MAX = 200_000;

/** Times and values back to the first of `bars`, which are the newest ones there are. Rejects as the client does. */
export async function evaluated(
  client: Pick<IMarketClient, 'evaluateStudies'>,
  of: { symbol: string; timeframe: string },
  study: IStudyState,
  bars: Pick<IBarColumns, 'time'>,
  signal?: AbortSignal
): Promise<[number[], StudyValues]> {
  const { symbol, timeframe } = of;
  const studies = [toRequest(study)];
  const pages: StudyEvaluation[] = [];
  let left = bars.time.length;
  let to: number | undefined;
  do {
    const limit = Math.min(left, EVALUATED_MAX);
    const range = { symbol, timeframe, to, limit, studies };
    const page = await client.evaluateStudies(range, signal);
    pages.unshift(page);
    left -= limit;
    to = page.time[0];
  } while (left > 0 && to !== undefined && to > bars.time[0]);
  return joined(pages);
}

/** Pages as one: the oldest first. */
function joined(pages: readonly StudyEvaluation[]): [number[], StudyValues] {
  const plots: StudyValues = {};
  for (const plot of Object.keys(pages[0].results[0].plots)) {
    plots[plot] = pages.flatMap(page => page.results[0].plots[plot] ?? []);
  }
  return [pages.flatMap(page => page.time), plots];
}
