/**
 * Names and figures of charts.
 */

/** Commands of charts. */
export namespace ChartCommandIDs {
  export const open = 'quantlab:chart-open';
  export const search = 'quantlab:chart-search';
  export const screenshot = 'quantlab:chart-screenshot';
  export const exportCsv = 'quantlab:chart-export-csv';
  export const copyCell = 'quantlab:chart-copy-cell';
  export const makeDefault = 'quantlab:chart-make-default';
}

/** Timeframes, shortest first. */
export const TIMEFRAMES = [
  '1m',
  '5m',
  '15m',
  '30m',
  '1h',
  '4h',
  '1D',
  '1W',
  '1M'
] as const;

export type Timeframe = (typeof TIMEFRAMES)[number];

/** How prices are drawn. */
export const STYLES = [
  'candles',
  'bars',
  'line',
  'area',
  'heikin-ashi'
] as const;

export type ChartStyle = (typeof STYLES)[number];

/** How the price scale counts. */
export const SCALES = ['linear', 'log', 'percent', 'indexed'] as const;

export type ChartScale = (typeof SCALES)[number];

/** Bars asked for at once. */
export const PAGE = 1000;

/** Bars of one request where a long time is to be shown at once. */
export const MANY = 20_000;

/** Bars in sight when a symbol is opened. */
export const FIRST_VIEW = 160;

/** Older bars are fetched when so few are left to the left of the view. */
export const NEAR_START = 50;

/** What a chart shows where nothing else is said: it is there without a network. */
export const FIRST_SYMBOL = 'SAMPLE:AAPL';

/** The pane of the prices, in states and documents. */
export const MAIN_PANE = 'main';
