/**
 * All that is written over a chart's picture.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { CompareLegend } from './compareView';
import type { Following } from './following';
import { Legend } from './legend';
import type { ChartModel } from './model';
import type { ChartSurface } from './surface';

/** `index`: the bar under the crosshair; null: the newest. Without a surface nothing has a colour yet. */
export function ReadOut(props: {
  model: ChartModel;
  surface: ChartSurface | null;
  following: Following | null;
  index: number | null;
  locale: string;
  trans: TranslationBundle;
  onAnother: (symbol: string) => void;
}): JSX.Element {
  const { surface, following, trans, onAnother, ...shared } = props;
  return (
    <>
      <Legend
        {...shared}
        trans={trans}
        colour={(study, plot) => surface?.plotColour(study, plot) ?? ''}
        note={following?.note ?? ''}
        problem={
          following?.isCutOff
            ? trans.__('The connection to the service is lost.')
            : (following?.problem ?? '')
        }
      />
      <CompareLegend
        {...shared}
        trans={trans}
        colour={symbol => surface?.comparisonColour(symbol) ?? ''}
        onAnother={onAnother}
      />
    </>
  );
}
