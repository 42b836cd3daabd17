/**
 * How styles and scales of charts are called.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ChartScale, ChartStyle } from './ids';

export function styleLabels(
  trans: TranslationBundle
): Record<ChartStyle, string> {
  return {
    candles: trans.__('Candles'),
    bars: trans.__('Bars'),
    line: trans.__('Line'),
    area: trans.__('Area'),
    'heikin-ashi': trans.__('Heikin Ashi')
  };
}

export function scaleLabels(
  trans: TranslationBundle
): Record<ChartScale, string> {
  return {
    linear: trans.__('Linear'),
    log: trans.__('Logarithmic'),
    percent: trans.__('Percent'),
    indexed: trans.__('Indexed to 100')
  };
}
