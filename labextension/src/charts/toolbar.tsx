/**
 * The row above a chart.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { LabIcon, searchIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { Fold } from '../ui/fold';
import { ActSelect, Select } from '../ui/select';
import { COMPARE_MAX } from './compare';
import type { ChartScale, ChartStyle, Timeframe } from './ids';
import { ChartCommandIDs, SCALES, STYLES } from './ids';
import type { ChartModel } from './model';
import { STUDIES_MAX } from './state';
import { scaleLabels, styleLabels } from './words';
import { zoneOptions } from './zones';

/** Months of the range buttons; 0: this year; null: all. */
const RANGES = [1, 3, 6, 0, 12, 60, null] as const;

/** Symbol, timeframe, style, scale, studies, ranges and what can be done with the chart. */
export function ChartToolbar(props: {
  model: ChartModel;
  trans: TranslationBundle;
  commands: CommandRegistry;
  onSearch: () => void;
  onCompare: () => void;
  onRange: (months: number | null) => void;
  /** Lists to choose from are filled; before that, there is something more urgent. */
  isWhole: boolean;
  /** The data table is open. */
  hasTable: boolean;
  onTable: () => void;
  /** Choose a time zone; null: the layout has the choice for all its charts. */
  onZone: ((zone: string) => void) | null;
}): JSX.Element {
  const { model, trans, commands, onSearch, onRange } = props;
  const { hasTable, onTable, onCompare, onZone, isWhole } = props;
  const { state, instrument, catalogue } = model;
  const rangeLabels = new Map<number | null, string>([
    [1, trans.__('1M')],
    [3, trans.__('3M')],
    [6, trans.__('6M')],
    [0, trans.__('YTD')],
    [12, trans.__('1Y')],
    [60, trans.__('5Y')],
    [null, trans.__('All')]
  ]);
  const styles = styleLabels(trans);
  const scales = scaleLabels(trans);
  return (
    <div
      className="jp-QuantLab-Chart-toolbar"
      role="toolbar"
      aria-label={trans.__('Chart')}
    >
      <button
        type="button"
        className="jp-QuantLab-Chart-symbol"
        title={trans.__('Choose another symbol (/)')}
        onClick={onSearch}
      >
        <searchIcon.react tag="span" width="14px" aria-hidden />
        {state.symbol.replace(/^[^:]*:/, '')}
      </button>
      <Select
        isFilter={false}
        label={trans.__('Timeframe')}
        value={state.timeframe}
        options={[
          ...new Set([...(instrument?.timeframes ?? []), state.timeframe])
        ].map(one => [one, one])}
        onChange={timeframe =>
          void model.set({ timeframe: timeframe as Timeframe })
        }
      />
      <span className="jp-QuantLab-Chart-studies">
        <ActSelect
          label={trans.__('Add a study')}
          title={trans.__('Add study…')}
          disabled={state.studies.length >= STUDIES_MAX}
          options={(isWhole ? catalogue : []).map(one => [one.id, one.label])}
          onAct={study => void model.addStudy(study)}
        />
      </span>
      <Fold label={trans.__('More about this chart')}>
        <Select
          isFilter={false}
          label={trans.__('Style')}
          value={state.style}
          options={STYLES.map(one => [one, styles[one]])}
          onChange={style => void model.set({ style: style as ChartStyle })}
        />
        <Select
          isFilter={false}
          label={trans.__('Scale')}
          value={state.scale}
          options={SCALES.map(one => [one, scales[one]])}
          onChange={scale => void model.set({ scale: scale as ChartScale })}
        />
        {onZone ? (
          <Select
            isFilter={false}
            label={trans.__('Time zone')}
            value={model.timezone}
            options={zoneOptions(model.timezone, trans)}
            onChange={onZone}
          />
        ) : null}
        <button
          type="button"
          className="jp-QuantLab-Chip"
          title={trans.__('Draw another symbol over this one, in percent')}
          disabled={state.compare.length >= COMPARE_MAX}
          onClick={onCompare}
        >
          {trans.__('Compare…')}
        </button>
        <label className="jp-QuantLab-Chart-check">
          <input
            type="checkbox"
            checked={state.volume}
            onChange={event => void model.set({ volume: event.target.checked })}
          />
          {trans.__('Volume')}
        </label>
        <label className="jp-QuantLab-Chart-check">
          <input
            type="checkbox"
            checked={state.inverted ?? false}
            title={trans.__('High prices below, low ones above')}
            onChange={event =>
              void model.set({ inverted: event.target.checked })
            }
          />
          {trans.__('Inverted')}
        </label>
        <span
          role="group"
          aria-label={trans.__('Range')}
          className="jp-QuantLab-Chart-ranges"
        >
          {RANGES.map(months => (
            <button
              key={String(months)}
              type="button"
              className="jp-QuantLab-Chip"
              onClick={() => onRange(months)}
            >
              {rangeLabels.get(months)}
            </button>
          ))}
        </span>
        <span className="jp-QuantLab-Chart-acts">
          <button
            type="button"
            className="jp-QuantLab-Chip"
            title={trans.__('The bars in sight as a table (T)')}
            aria-pressed={hasTable}
            onClick={onTable}
          >
            {trans.__('Table')}
          </button>
          {[
            ChartCommandIDs.screenshot,
            ChartCommandIDs.exportCsv,
            ChartCommandIDs.copyCell
          ].map(command => (
            <CommandButton
              key={command}
              commands={commands}
              command={command}
            />
          ))}
        </span>
      </Fold>
    </div>
  );
}

function CommandButton(props: {
  commands: CommandRegistry;
  command: string;
}): JSX.Element {
  const { commands, command } = props;
  const icon = commands.icon(command);
  const label = commands.label(command);
  return (
    <button
      type="button"
      className="jp-QuantLab-IconButton"
      title={commands.caption(command) || label}
      aria-label={label}
      onClick={() => void commands.execute(command)}
    >
      {icon instanceof LabIcon ? (
        <icon.react tag="span" width="16px" aria-hidden />
      ) : (
        label
      )}
    </button>
  );
}
