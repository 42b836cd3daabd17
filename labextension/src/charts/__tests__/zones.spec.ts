import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import { axisTime, fullTime } from '../times';
import { EXCHANGE, isoIn, VIEWER, zoneOf, zoneOptions } from '../zones';

const NEW_YORK = 'America/New_York';
const HOUR = 3_600_000;

describe('time zones of charts', () => {
  it('exchange, viewer, or a zone by its name', () => {
    expect(zoneOf(EXCHANGE, NEW_YORK, '1h')).toBe(NEW_YORK);
    expect(zoneOf(VIEWER, NEW_YORK, '1h')).toBe(
      Intl.DateTimeFormat().resolvedOptions().timeZone
    );
    expect(zoneOf('UTC', NEW_YORK, '1h')).toBe('UTC');
    expect(zoneOf('Asia/Tokyo', NEW_YORK, '1h')).toBe('Asia/Tokyo');
  });

  it('a zone that the browser does not know is the exchange’s', () => {
    expect(zoneOf('Mars/Olympus', NEW_YORK, '1h')).toBe(NEW_YORK);
    expect(zoneOf(EXCHANGE, undefined, '1h')).toBe('UTC');
  });

  it('days, weeks and months stay days of the exchange', () => {
    // Midnight in New York is the day before in UTC-8 and noon or so in Tokyo.
    const day = Date.UTC(2024, 0, 2, 5);
    for (const timeframe of ['1D', '1W', '1M']) {
      const zone = zoneOf('America/Los_Angeles', NEW_YORK, timeframe);
      expect(fullTime(day, timeframe, zone, 'en')).toContain('Jan 2, 2024');
      expect(isoIn(day, zone)).toBe('2024-01-02T00:00:00.000-05:00');
    }
  });

  it('the night in which clocks go back has one hour twice, told apart', () => {
    const before = Date.UTC(2024, 10, 3, 5, 30);
    const told = [before, before + HOUR, before + 2 * HOUR].map(time => [
      axisTime(time, 3, NEW_YORK, 'en'),
      fullTime(time, '30m', NEW_YORK, 'en'),
      isoIn(time, NEW_YORK)
    ]);
    expect(told.map(([axis]) => axis)).toEqual(['01:30', '01:30', '02:30']);
    expect(told[0][1]).toContain('01:30 EDT');
    expect(told[1][1]).toContain('01:30 EST');
    expect(told.map(([, , iso]) => iso)).toEqual([
      '2024-11-03T01:30:00.000-04:00',
      '2024-11-03T01:30:00.000-05:00',
      '2024-11-03T02:30:00.000-05:00'
    ]);
    // In UTC nothing happens in that night.
    expect(axisTime(before + HOUR, 3, 'UTC', 'en')).toBe('06:30');
  });

  it('the night in which clocks go forward leaves one hour out', () => {
    const before = Date.UTC(2024, 2, 10, 6, 30);
    expect(axisTime(before, 3, NEW_YORK, 'en')).toBe('01:30');
    expect(axisTime(before + HOUR, 3, NEW_YORK, 'en')).toBe('03:30');
    expect(isoIn(before + HOUR, NEW_YORK)).toBe(
      '2024-03-10T03:30:00.000-04:00'
    );
  });

  it('what ISO says is the same moment in every zone', () => {
    const time = Date.UTC(2024, 5, 1, 12, 34, 56);
    for (const zone of ['UTC', NEW_YORK, 'Asia/Kolkata', 'Europe/Berlin']) {
      expect(Date.parse(isoIn(time, zone))).toBe(time);
    }
    expect(isoIn(time, 'UTC')).toBe('2024-06-01T12:34:56.000Z');
  });

  it('a zone that was chosen elsewhere stays on offer', () => {
    const trans = nullTranslator.load('quantlab');
    const values = zoneOptions('Asia/Tokyo', trans).map(([value]) => value);
    expect(values).toEqual([EXCHANGE, VIEWER, 'UTC', 'Asia/Tokyo']);
    expect(zoneOptions('UTC', trans)).toHaveLength(3);
  });
});
