/**
 * A chart's picture and figures outside of it.
 */
import type { IChartState } from './state';

/** `AAPL 1D.png`: what the file holds, in letters that every file system takes. */
export function fileName(
  state: Pick<IChartState, 'symbol'> & { timeframe: string },
  extension: string
): string {
  const symbol = state.symbol.replace(/^[^:]*:/, '').replace(/[^\w.-]+/g, '-');
  return `${symbol} ${state.timeframe}.${extension}`;
}

/** A notebook cell that brings the same bars into a kernel. */
export function asCell(state: IChartState): string {
  const symbol = JSON.stringify(state.symbol);
  return [
    'import quantlab_ext as ql',
    '',
    `bars = ql.bars(${symbol}, "${state.timeframe}")`,
    'bars.tail()'
  ].join('\n');
}
