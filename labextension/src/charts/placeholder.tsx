/**
 * What stands in the place of bars that are not there: why, and the ways on. The rest of the chart stays as it is.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { ApiError } from '../api/errors';
import { quantlabIcon } from '../ui/icons';
import { describe } from '../ui/problems';
import { Select } from '../ui/select';
import type { IAction } from '../ui/states';
import { EmptyState, ProblemBox } from '../ui/states';
import type { Timeframe } from './ids';
import type { ChartModel } from './model';

export function Placeholder(props: {
  model: ChartModel;
  trans: TranslationBundle;
  /** Ask for another symbol. */
  onSearch: () => void;
  /** Take the chart out of its layout; null: it is in none, or the only one. */
  onRemove: (() => void) | null;
}): JSX.Element | null {
  const { model, trans, onSearch, onRemove } = props;
  const actions: IAction[] = [
    {
      label: trans.__('Choose another symbol…'),
      onClick: onSearch,
      primary: true
    },
    ...(onRemove ? [{ label: trans.__('Remove'), onClick: onRemove }] : [])
  ];
  switch (model.status) {
    case 'loading':
      return (
        <span className="jp-QuantLab-visuallyHidden" role="status">
          {trans.__('Loading prices…')}
        </span>
      );
    case 'empty':
      return (
        <EmptyState
          icon={quantlabIcon}
          title={trans.__('No bars')}
          text={emptyWords(model, trans)}
          actions={actions}
        />
      );
    case 'error':
      return <Failure model={model} trans={trans} actions={actions} />;
    default:
      return null;
  }
}

/** An instrument without bars; rows that could not be used may be why. */
function emptyWords(model: ChartModel, trans: TranslationBundle): string {
  const { page, state } = model;
  return [
    trans.__('%1 has no prices in this timeframe.', state.symbol),
    ...(page?.warnings ?? [])
  ].join(' ');
}

function Failure(props: {
  model: ChartModel;
  trans: TranslationBundle;
  actions: IAction[];
}): JSX.Element {
  const { model, trans, actions } = props;
  const { error, instrument } = model;
  const problem = describe(error, trans);
  const isTimeframe =
    error instanceof ApiError && error.code === 'unknown_timeframe';
  const again: IAction[] = problem.retry
    ? [{ label: trans.__('Try again'), onClick: () => void model.load() }]
    : [];
  return (
    <div className="jp-QuantLab-Chart-missing">
      <ProblemBox
        problem={problem}
        trans={trans}
        actions={[...again, ...actions]}
      />
      {isTimeframe && instrument ? (
        <Select
          isFilter={false}
          label={trans.__('Choose another timeframe')}
          value=""
          options={[
            ['', trans.__('Choose another timeframe…')],
            ...instrument.timeframes.map((one): [string, string] => [one, one])
          ]}
          onChange={chosen => {
            if (chosen) {
              void model.set({ timeframe: chosen as Timeframe });
            }
          }}
        />
      ) : null}
    </div>
  );
}
