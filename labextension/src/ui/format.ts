/**
 * Dates, sizes and counts as people read them, through Intl.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `5 minutes ago` up to a week, then the date. */
export function relativeTime(
  iso: string,
  now = Date.now(),
  locale?: string
): string {
  const time = Date.parse(iso);
  if (Number.isNaN(time)) {
    return '';
  }
  // A clock that is a little behind the server's must not speak of the future.
  const ago = Math.max(0, now - time);
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  if (ago < MINUTE) {
    return format.format(0, 'second');
  }
  if (ago < HOUR) {
    return format.format(-Math.floor(ago / MINUTE), 'minute');
  }
  if (ago < DAY) {
    return format.format(-Math.floor(ago / HOUR), 'hour');
  }
  if (ago < 7 * DAY) {
    return format.format(-Math.floor(ago / DAY), 'day');
  }
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(time);
}

/** `in 5 minutes` up to a week, then the date. */
export function until(iso: string, now = Date.now(), locale?: string): string {
  const time = Date.parse(iso);
  if (Number.isNaN(time)) {
    return '';
  }
  // A clock that is a little ahead of the server's must not speak of the past.
  const left = Math.max(0, time - now);
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  if (left < MINUTE) {
    return format.format(0, 'second');
  }
  if (left < HOUR) {
    return format.format(Math.round(left / MINUTE), 'minute');
  }
  if (left < DAY) {
    return format.format(Math.round(left / HOUR), 'hour');
  }
  if (left <= 7 * DAY) {
    return format.format(Math.round(left / DAY), 'day');
  }
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(time);
}

/** A day in words, for sentences. */
export function longDay(iso: string, locale?: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time)
    ? ''
    : new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(time);
}

/** Date and time with the zone, for titles. */
export function fullTime(iso: string, locale?: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time)
    ? ''
    : new Intl.DateTimeFormat(locale, {
        dateStyle: 'full',
        timeStyle: 'long'
      }).format(time);
}

/** Bytes in the unit that keeps the number short. */
export function byteSize(bytes: number, locale?: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: units[unit],
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0
  }).format(value);
}

/** What kind of object this is, in words. */
export function kindLabel(kind: string, trans: TranslationBundle): string {
  switch (kind) {
    case 'python':
      return trans.__('Python script');
    case 'layout':
      return trans.__('Chart layout');
    default:
      return trans.__('Notebook');
  }
}

/** What the person may do with another's object, in words; empty for an own one. */
export function accessLabel(
  access: 'owner' | 'edit' | 'view',
  trans: TranslationBundle
): string {
  switch (access) {
    case 'owner':
      return '';
    case 'edit':
      return trans.__('can edit');
    case 'view':
      return trans.__('can view');
  }
}
