/**
 * What stands in place of a chart while there is nothing to draw.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { quantlabIcon } from '../ui/icons';
import { EmptyState, ErrorBox } from '../ui/states';
import type { ChartModel } from './model';

export function Placeholder(props: {
  model: ChartModel;
  trans: TranslationBundle;
  /** Ask for another symbol. */
  onSearch: () => void;
}): JSX.Element | null {
  const { model, trans, onSearch } = props;
  const another = {
    label: trans.__('Choose another symbol'),
    onClick: onSearch,
    primary: true
  };
  switch (model.status) {
    case 'loading':
      return (
        <p className="jp-QuantLab-Chart-loading" role="status">
          {trans.__('Loading %1…', model.state.symbol)}
        </p>
      );
    case 'empty':
      return (
        <EmptyState
          icon={quantlabIcon}
          title={trans.__('No bars')}
          text={trans.__(
            '%1 has no prices in this timeframe.',
            model.state.symbol
          )}
          actions={[another]}
        />
      );
    case 'error':
      return (
        <ErrorBox
          error={model.error}
          trans={trans}
          onRetry={() => void model.load()}
          actions={[another]}
        />
      );
    default:
      return null;
  }
}
