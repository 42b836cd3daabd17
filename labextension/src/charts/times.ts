/**
 * Times as a chart says them: by the clock of a zone, never by shifting a timestamp.
 */

const formats = new Map<string, Intl.DateTimeFormat>();

/** `what` names the options among those of this file. */
function formatted(
  what: string,
  time: number,
  locale: string,
  options: Intl.DateTimeFormatOptions
): string {
  const key = `${locale} ${options.timeZone} ${what}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, options);
    formats.set(key, format);
  }
  return format.format(time);
}

/** Milliseconds that the clock of a zone is ahead of UTC at a moment. */
export function offsetAt(time: number, timeZone: string): number {
  if (timeZone === 'UTC') {
    return 0;
  }
  const shown = formatted('offset', time, 'en-US', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone
  });
  const [month, day, year, hour, minute, second] = shown
    .split(/\D+/)
    .map(Number);
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  return local - Math.floor(time / 1000) * 1000;
}

/** What stands under a mark of the time axis. `kind`: 0 year, 1 month, 2 day, 3 time, 4 time with seconds. */
export function axisTime(
  time: number,
  kind: number,
  timeZone: string,
  locale: string
): string {
  const options: Intl.DateTimeFormatOptions[] = [
    { year: 'numeric' },
    { month: 'short' },
    { day: 'numeric' },
    { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }
  ];
  const what = `axis ${kind}`;
  return formatted(what, time, locale, { ...options[kind], timeZone });
}

/** A bar's time in full; the hour only where bars are shorter than a day. */
export function fullTime(
  time: number,
  timeframe: string,
  timeZone: string,
  locale: string
): string {
  const isDaily = /[DWM]$/.test(timeframe);
  return formatted(isDaily ? 'day' : 'time', time, locale, {
    weekday: 'short',
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    ...(isDaily
      ? {}
      : {
          hour: '2-digit',
          minute: '2-digit',
          hourCycle: 'h23',
          timeZoneName: 'short'
        }),
    timeZone
  });
}

/** The same day and time so many months earlier, in UTC; the last of the month where it is shorter. Milliseconds. */
export function monthsBefore(time: number, months: number): number {
  const date = new Date(time);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() - months);
  const days = new Date(
    Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)
  ).getUTCDate();
  return date.setUTCDate(Math.min(day, days));
}
