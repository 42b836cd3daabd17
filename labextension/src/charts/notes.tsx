/**
 * What has to be known of a chart's bars and scales, in words: where they are not what one would expect.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Study } from '../api/models';
import { Select } from '../ui/select';
import type { ChartScale } from './ids';
import { MAIN_PANE, SCALES } from './ids';
import type { ChartModel } from './model';
import { drawnMode, leastOf, leastValue, PLAIN } from './scales';
import type { IStudyState } from './state';
import { scaleLabels } from './words';

/** Rows that the source had and that could not be used; prices that the chosen scale cannot count. */
export function BarNotes(props: {
  model: ChartModel;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { model, trans } = props;
  const { page, bars, state } = model;
  const warnings = page?.warnings ?? [];
  const isLinear =
    state.scale !== 'linear' &&
    drawnMode(state.scale, leastOf(bars.low)) === 'linear';
  return (
    <>
      {isLinear ? (
        <p role="note">
          {trans.__('There are prices at or below zero: the scale is linear.')}
        </p>
      ) : null}
      {warnings.length > 0 ? (
        <details className="jp-QuantLab-Chart-warnings">
          <summary>{trans.__('Some rows of the source are left out')}</summary>
          {warnings.map(warning => (
            <p key={warning}>{warning}</p>
          ))}
          <p>
            {trans.__(
              'Correct them in the source, then load the chart again: choose its symbol anew.'
            )}
          </p>
        </details>
      ) : null}
    </>
  );
}

/** How the pane of a study counts. Nothing where it has no pane of its own. */
export function PaneScale(props: {
  model: ChartModel;
  study: IStudyState;
  info: Study;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { model, study, info, trans } = props;
  const isOwn =
    study.pane !== MAIN_PANE && (info.pane === 'own' || Boolean(study.pane));
  if (!isOwn || info.plots.length === 0) {
    return null;
  }
  const scales = scaleLabels(trans);
  const { mode, inverted } = model.state.scales?.[study.id] ?? PLAIN;
  const isLinear =
    mode !== 'linear' &&
    drawnMode(mode, leastValue(model.valuesOf(study))) === 'linear';
  return (
    <>
      <Select
        isFilter={false}
        label={trans.__('Axis of %1', info.label)}
        value={mode}
        options={SCALES.map(one => [one, scales[one]])}
        onChange={chosen =>
          void model.setScale(study.id, {
            mode: chosen as ChartScale,
            inverted
          })
        }
      />
      <button
        type="button"
        className="jp-QuantLab-Chip"
        aria-pressed={inverted}
        onClick={() =>
          void model.setScale(study.id, { mode, inverted: !inverted })
        }
      >
        {trans.__('Inverted')}
      </button>
      {isLinear ? (
        <em role="note">{trans.__('figures at or below zero: linear')}</em>
      ) : null}
    </>
  );
}
