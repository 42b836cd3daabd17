/**
 * Levels of a Fibonacci retracement, as people write them: in percent, with commas between.
 */
import { LEVELS } from './state';

/** As many as a drawing of a document can have. */
const LEVELS_MAX = 30;

/** Far beyond any market, and well within what a document can hold. Percent. */
const PERCENT_MAX = 100_000;

/** Levels as text; null: the usual ones. */
export function writeLevels(levels: readonly number[] | null): string {
  return (levels ?? LEVELS)
    .map(level => String(Number((level * 100).toFixed(4))))
    .join(', ');
}

/** Levels that a text says, each once; null where it says none or the usual ones. Undefined: it cannot be read. */
export function readLevels(text: string): number[] | null | undefined {
  const words = text.split(/[\s,;%]+/).filter(word => word !== '');
  const percents = words.map(Number);
  const isGood = percents.every(
    value => Number.isFinite(value) && Math.abs(value) <= PERCENT_MAX
  );
  const levels = [
    ...new Set(percents.map(value => Number((value / 100).toFixed(6))))
  ];
  if (!isGood || levels.length > LEVELS_MAX) {
    return undefined;
  }
  const isUsual =
    levels.length === LEVELS.length &&
    levels.every((level, i) => level === LEVELS[i]);
  return levels.length === 0 || isUsual ? null : levels;
}
