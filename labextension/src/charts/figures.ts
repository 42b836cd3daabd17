/**
 * Values of studies, beside the bars that they belong to.
 */
import type { IBarColumns } from './bars';
import type { IStudyState } from './state';

/** Values of a study's plots, aligned with the bars; the newest bars may have none yet. */
export type StudyValues = Record<string, (number | null)[]>;

/** Values at the times of bars, up to the last that has any: the newest bar of a live chart has none yet. */
export function aligned(
  times: readonly number[],
  plots: StudyValues,
  bars: Pick<IBarColumns, 'time'>
): StudyValues {
  const places: number[] = [];
  const last = times[times.length - 1] ?? -Infinity;
  let at = 0;
  for (const time of bars.time) {
    if (time > last) {
      break;
    }
    while (times[at] < time) {
      at++;
    }
    places.push(times[at] === time ? at : -1);
  }
  return Object.fromEntries(
    Object.entries(plots).map(([plot, values]) => [
      plot,
      places.map(place => values[place] ?? null)
    ])
  );
}

/** Values with others from the place `at` on. */
export function joined(
  values: StudyValues,
  newer: StudyValues,
  at: number
): StudyValues {
  return Object.fromEntries(
    Object.entries(values).map(([plot, before]) => [
      plot,
      [...before.slice(0, at), ...(newer[plot] ?? [])]
    ])
  );
}

/** Values after those of `added` older bars. */
export function preceded(
  values: StudyValues,
  older: StudyValues,
  added: number
): StudyValues {
  return Object.fromEntries(
    Object.entries(values).map(([plot, newer]) => [
      plot,
      [...(older[plot] ?? []).slice(0, added), ...newer]
    ])
  );
}

/** Whether a study is there with the same inputs, however it is drawn. */
export function isAmong(
  studies: readonly IStudyState[],
  study: IStudyState
): boolean {
  return studies.some(
    one => one.id === study.id && one.inputs === study.inputs
  );
}

/** A study as the service takes it. */
export function toRequest(study: IStudyState): {
  study: string;
  inputs: Record<string, number>;
} {
  return { study: study.study, inputs: study.inputs };
}
