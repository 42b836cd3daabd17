/**
 * Time zones that a chart can say its times in. Times of bars are never shifted: a zone is how they are said.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { offsetAt } from './times';

/** The zone of the instrument's exchange, and that of whoever looks; anything else is a name such as `Europe/Berlin`. */
export const EXCHANGE = 'exchange';
export const VIEWER = 'local';

/** A day of an exchange is the same day wherever one is: bars of a day and longer keep its zone. */
export function zoneOf(
  choice: string,
  exchange: string | undefined,
  timeframe: string
): string {
  const own = exchange ?? 'UTC';
  if (choice === EXCHANGE || /[DWM]$/.test(timeframe)) {
    return own;
  }
  const zone =
    choice === VIEWER
      ? Intl.DateTimeFormat().resolvedOptions().timeZone
      : choice;
  return isZone(zone) ? zone : own;
}

/** The zones on offer with their names; one that was chosen elsewhere is among them. */
export function zoneOptions(
  choice: string,
  trans: TranslationBundle
): [string, string][] {
  const options: [string, string][] = [
    [EXCHANGE, trans.__('Exchange time')],
    [VIEWER, trans.__('My time')],
    ['UTC', trans.__('UTC')]
  ];
  return options.some(([zone]) => zone === choice)
    ? options
    : [...options, [choice, choice]];
}

/** A moment in ISO 8601 by the clock of a zone, with its offset. */
export function isoIn(time: number, zone: string): string {
  const offset = offsetAt(time, zone);
  const text = new Date(time + offset).toISOString();
  if (zone === 'UTC') {
    return text;
  }
  const minutes = Math.round(Math.abs(offset) / 60_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const sign = offset < 0 ? '-' : '+';
  return `${text.slice(0, -1)}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

const known = new Map<string, boolean>();

/** Whether the browser knows a zone: documents may name one that it does not. */
function isZone(zone: string): boolean {
  let is = known.get(zone);
  if (is === undefined) {
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone });
      is = true;
    } catch {
      is = false;
    }
    known.set(zone, is);
  }
  return is;
}
