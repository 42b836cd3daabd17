/**
 * The bars in sight as rows and columns, for those who read figures rather than pictures.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Study } from '../api/models';
import { indexAt } from './bars';
import type { ChartModel } from './model';
import type { IStudyState } from './state';

/** Rows that are shown at once. */
export const ROWS_MAX = 500;

/** A column of figures beside a bar's time. */
export interface ITableColumn {
  id: string;
  label: string;
  kind: 'price' | 'figure' | 'volume';
  value: (index: number) => number | null;
}

/** Bars in sight: indices of the oldest and newest that is shown, and how many are in sight. */
export interface ITableRows {
  first: number;
  last: number;
  inSight: number;
}

/** Columns of a chart: its bars' figures, values of its studies and of what it is compared with. */
export function columnsOf(
  model: ChartModel,
  trans: TranslationBundle
): ITableColumn[] {
  const { bars } = model;
  const own = (
    id: 'open' | 'high' | 'low' | 'close' | 'volume',
    label: string
  ): ITableColumn => ({
    id,
    label,
    kind: id === 'volume' ? 'volume' : 'price',
    value: index => bars[id][index] ?? null
  });
  return [
    own('open', trans.__('Open')),
    own('high', trans.__('High')),
    own('low', trans.__('Low')),
    own('close', trans.__('Close')),
    own('volume', trans.__('Volume')),
    ...studyColumns(model),
    ...model.state.compare.map(({ symbol }): ITableColumn => ({
      id: symbol,
      label: symbol,
      kind: 'price',
      value: index => model.comparisons.valuesOf(symbol)?.[index] ?? null
    }))
  ];
}

/** `RSI 14`. */
export function studyName(study: IStudyState, info: Study): string {
  const inputs = info.inputs.map(
    input => study.inputs[input.name] ?? input.default
  );
  return [info.label, inputs.join(', ')].join(' ').trim();
}

function studyColumns(model: ChartModel): ITableColumn[] {
  return model.state.studies.flatMap(study => {
    const info = model.catalogue.find(one => one.id === study.study);
    const values = model.valuesOf(study);
    if (!info || !values) {
      return [];
    }
    const name = studyName(study, info);
    return info.plots.map((plot): ITableColumn => {
      const column = values[plot.name] ?? [];
      return {
        id: `${study.id} ${plot.name}`,
        label: info.plots.length > 1 ? `${name}: ${plot.label}` : name,
        kind: info.pane === 'volume' ? 'volume' : 'figure',
        value: index => column[index] ?? null
      };
    });
  });
}

/** The newest bars in sight, at most `max`; `visible` are the times of the oldest and newest one. */
export function rowsOf(
  model: ChartModel,
  visible: [number, number] | null,
  max = ROWS_MAX
): ITableRows | null {
  if (!visible || model.bars.time.length === 0) {
    return null;
  }
  const oldest = indexAt(model.bars, visible[0]);
  const last = indexAt(model.bars, visible[1]);
  const inSight = last - oldest + 1;
  return { first: Math.max(oldest, last - max + 1), last, inSight };
}
