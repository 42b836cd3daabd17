/**
 * The table below a chart: the bars in sight with the values of studies, newest first.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import * as React from 'react';
import { createRoot } from 'react-dom/client';

import { withDecimals } from './formats';
import type { ChartModel } from './model';
import { decimals, figureDecimals } from './summary';
import type { ChartSurface } from './surface';
import { columnsOf, rowsOf } from './table';
import { fullTime } from './times';

import '../../style/table.css';

/** The view must be still for so long until the table follows: it is read, not watched. Milliseconds. */
const STILL = 150;

interface ITableProps {
  model: ChartModel;
  surface: ChartSurface;
  trans: TranslationBundle;
  locale: string;
  onClose: () => void;
}

/** Put a table into `node`, and take the focus there. */
export function mountTable(node: HTMLElement, props: ITableProps): IDisposable {
  const root = createRoot(node);
  root.render(<TableView {...props} />);
  return new DisposableDelegate(() => root.unmount());
}

/** Counts up when what the table shows may be another. */
function useTurn(model: ChartModel, surface: ChartSurface): number {
  const [turn, next] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    let timer = 0;
    const later = (): void => {
      window.clearTimeout(timer);
      timer = window.setTimeout(next, STILL);
    };
    const scale = surface.chart.timeScale();
    model.changed.connect(later);
    model.comparisons.changed.connect(later);
    scale.subscribeVisibleLogicalRangeChange(later);
    return () => {
      window.clearTimeout(timer);
      model.changed.disconnect(later);
      model.comparisons.changed.disconnect(later);
      scale.unsubscribeVisibleLogicalRangeChange(later);
    };
  }, [model, surface]);
  return turn;
}

function TableView(props: ITableProps): JSX.Element {
  const { model, surface, trans, onClose } = props;
  const turn = useTurn(model, surface);
  const body = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => body.current?.focus(), []);
  return (
    <section
      className="jp-QuantLab-Table"
      aria-label={trans.__('Data table')}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onClose();
        }
      }}
    >
      <button
        type="button"
        className="jp-QuantLab-IconButton jp-QuantLab-Table-close"
        title={trans.__('Close the table (Escape)')}
        aria-label={trans.__('Close the table')}
        onClick={onClose}
      >
        <closeIcon.react tag="span" width="14px" aria-hidden />
      </button>
      <div
        ref={body}
        className="jp-QuantLab-Table-scroll"
        tabIndex={0}
        role="group"
        aria-label={trans.__('Bars in sight')}
      >
        <Rows key="rows" {...props} turn={turn} />
      </div>
    </section>
  );
}

function Rows(props: ITableProps & { turn: number }): JSX.Element {
  const { model, surface, trans, locale } = props;
  const { bars, instrument, state } = model;
  const rows = rowsOf(model, surface.visible);
  if (!rows) {
    return <p>{trans.__('There are no bars in sight.')}</p>;
  }
  const { first, last, inSight } = rows;
  const formats = {
    price: withDecimals(locale, decimals(instrument)),
    figure: withDecimals(locale, figureDecimals(instrument)),
    volume: new Intl.NumberFormat(locale, { maximumFractionDigits: 2 })
  };
  const columns = columnsOf(model, trans);
  const { zone } = model;
  const shown = last - first + 1;
  return (
    <table>
      <caption>
        {shown < inSight
          ? trans.__(
              '%1 %2: the newest %3 of %4 bars in sight, newest first',
              instrument?.symbol ?? state.symbol,
              state.timeframe,
              shown,
              inSight
            )
          : trans.__(
              '%1 %2: %3 bars in sight, newest first',
              instrument?.symbol ?? state.symbol,
              state.timeframe,
              shown
            )}
      </caption>
      <thead>
        <tr>
          <th scope="col" title={zone}>
            {trans.__('Time')}
          </th>
          {columns.map(column => (
            <th key={column.id} scope="col">
              {column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: shown }, (_, i) => last - i).map(index => (
          <tr key={bars.time[index]}>
            <th scope="row">
              {fullTime(bars.time[index], state.timeframe, zone, locale)}
            </th>
            {columns.map(column => {
              const value = column.value(index);
              return (
                <td key={column.id}>
                  {value === null || !Number.isFinite(value)
                    ? '–'
                    : formats[column.kind].format(value)}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
