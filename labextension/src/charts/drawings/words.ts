/**
 * What drawings are called.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { MAIN_PANE } from '../ids';
import type { ChartModel } from '../model';
import { price } from '../summary';
import type { Drawing, DrawingKind } from './state';
import { timeOf } from './state';

export function kindNames(
  trans: TranslationBundle
): Record<DrawingKind, string> {
  return {
    trend: trans.__('Trend line'),
    horizontal: trans.__('Horizontal line'),
    rectangle: trans.__('Rectangle'),
    fibonacci: trans.__('Fibonacci retracement'),
    text: trans.__('Text')
  };
}

/** What tells a drawing from others of its kind: its words, else where it begins; and the study in whose pane it is. */
export function placeInWords(
  drawing: Drawing,
  chart: Pick<ChartModel, 'instrument' | 'state' | 'catalogue' | 'zone'>,
  locale: string
): string {
  const [first] = drawing.points;
  const time = timeOf(first);
  const isTimed = time !== null && drawing.kind !== 'horizontal';
  const day = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeZone: chart.zone
  });
  const { studies } = chart.state;
  const study = studies.find(one => one.id === drawing.pane)?.study;
  return [
    drawing.text.replace(/\s+/g, ' ').trim() ||
      [
        isTimed ? day.format(time) : '',
        price(first.price, chart.instrument, locale)
      ]
        .filter(Boolean)
        .join(', '),
    drawing.pane === MAIN_PANE
      ? ''
      : (chart.catalogue.find(one => one.id === study)?.label ?? study ?? '')
  ]
    .filter(Boolean)
    .join(' · ');
}
