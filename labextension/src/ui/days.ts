/**
 * Days of the viewer's calendar, as a field for dates has them (`2031-05-17`), and the instants that they stand for.
 */

/** When a day begins here; null for what is no day. A day may be so many days `later`. */
export function beginOfDay(text: string, later = 0): Date | null {
  const [, year, month, day] =
    /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)?.map(Number) ?? [];
  if (day === undefined) {
    return null;
  }
  const begin = new Date(year, month - 1, day);
  // JavaScript makes the 3rd of March of the 31st of February, and 1907 of the year 7.
  const isDay = begin.getMonth() === month - 1 && begin.getFullYear() === year;
  return isDay ? new Date(year, month - 1, day + later) : null;
}

/** The last day of a time that ends at an instant. */
export function lastDay(end: string): string {
  const at = new Date(Date.parse(end) - 1);
  const two = (value: number): string => String(value).padStart(2, '0');
  return [
    String(at.getFullYear()).padStart(4, '0'),
    two(at.getMonth() + 1),
    two(at.getDate())
  ].join('-');
}
