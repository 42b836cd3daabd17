/**
 * Comparisons in the read-out of a chart: colour, symbol, value and a way out.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { describe } from '../ui/problems';
import { withDecimals } from './formats';
import { ColourInput } from './legend';
import type { ChartModel } from './model';

/** One line for each comparison; `index` is the bar under the crosshair, null the newest. */
export function CompareLegend(props: {
  model: ChartModel;
  index: number | null;
  locale: string;
  trans: TranslationBundle;
  colour: (symbol: string) => string;
  /** Ask for another symbol in the place of one. */
  onAnother: (symbol: string) => void;
}): JSX.Element {
  const { model, locale, trans, colour, onAnother } = props;
  const { comparisons, state, bars } = model;
  const at = Math.min(props.index ?? Infinity, bars.time.length - 1);
  const format = withDecimals(locale, 2);
  return (
    <>
      {state.compare.map(({ symbol, visible }) => {
        const values = comparisons.valuesOf(symbol);
        const value = values?.[at] ?? null;
        // The newest bar has a value as soon as any has.
        const isEmpty = values !== null && values[values.length - 1] === null;
        const problem = comparisons.problemOf(symbol);
        return (
          <div
            key={symbol}
            className="jp-QuantLab-Chart-study jp-QuantLab-Chart-compare"
          >
            <ColourInput
              label={trans.__('Colour of %1', symbol)}
              value={colour(symbol)}
              onChange={chosen =>
                void comparisons.change(symbol, { colour: chosen })
              }
            />
            <label>
              <input
                type="checkbox"
                title={trans.__('Show')}
                checked={visible}
                onChange={event =>
                  void comparisons.change(symbol, {
                    visible: event.target.checked
                  })
                }
              />
              {symbol}
            </label>
            {problem !== null ? (
              <>
                <em role="alert">{describe(problem, trans).message}</em>
                <button
                  type="button"
                  className="jp-QuantLab-Chip"
                  aria-label={trans.__(
                    'Choose another symbol instead of %1',
                    symbol
                  )}
                  onClick={() => onAnother(symbol)}
                >
                  {trans.__('Choose another…')}
                </button>
              </>
            ) : isEmpty ? (
              <em>{trans.__('No bars in this time.')}</em>
            ) : (
              <span>{value === null ? '–' : format.format(value)}</span>
            )}
            <button
              type="button"
              className="jp-QuantLab-IconButton"
              title={trans.__('Remove')}
              aria-label={trans.__('Remove %1', symbol)}
              onClick={() => void comparisons.remove(symbol)}
            >
              <closeIcon.react tag="span" width="12px" aria-hidden />
            </button>
          </div>
        );
      })}
    </>
  );
}
