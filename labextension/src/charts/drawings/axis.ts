/**
 * Times among bars. A place is counted in bars: 0 is the first one, 0.5 the middle between two. Before the first and
 * after the last bar it goes on at the pace of the bars there, so that a drawing can reach beyond what is loaded.
 */

const DAY = 86_400_000;

/** Bars whose pace counts beyond the ends. */
const NEARBY = 20;

/** The place of a time. `times` ascend. */
export function placeOf(times: readonly number[], time: number): number {
  const last = times.length - 1;
  if (last < 0) {
    return 0;
  }
  if (time < times[0]) {
    return (time - times[0]) / pace(times, 'start');
  }
  if (time >= times[last]) {
    return last + (time - times[last]) / pace(times, 'end');
  }
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low + (time - times[low]) / (times[low + 1] - times[low]);
}

/** The time of a place: {@link placeOf} the other way round. */
export function timeAt(times: readonly number[], place: number): number {
  const last = times.length - 1;
  if (last < 0) {
    return 0;
  }
  if (place < 0) {
    return times[0] + place * pace(times, 'start');
  }
  if (place >= last) {
    return times[last] + (place - last) * pace(times, 'end');
  }
  const before = Math.floor(place);
  return times[before] + (place - before) * (times[before + 1] - times[before]);
}

function pace(times: readonly number[], end: 'start' | 'end'): number {
  const last = times.length - 1;
  const count = Math.min(NEARBY, last);
  if (count < 1) {
    return DAY;
  }
  return end === 'start'
    ? (times[count] - times[0]) / count
    : (times[last] - times[last - count]) / count;
}
