/**
 * The row above a layout's charts.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import {
  addIcon,
  closeIcon,
  ellipsesIcon,
  folderIcon,
  saveIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';

import { zoneOptions } from '../charts/zones';
import { Fold } from '../ui/fold';
import { Select } from '../ui/select';
import { groupOf } from './document';
import { shapeOf } from './grid';
import type { GridShape, Link } from './ids';
import { CHARTS_MAX, LINKS } from './ids';
import type { LayoutModel } from './model';
import { stateWords } from './words';

/** What the row can start. */
export interface ILayoutActs {
  save(): void;
  saveAs(): void;
  load(): void;
  /** What else there is, in a menu below this button. */
  menu(button: HTMLElement): void;
  /** What the save state speaks of. */
  settle(): void;
  setAutosave(isOn: boolean): void;
  arrange(shape: GridShape): void;
  addChart(): void;
  removeChart(): void;
  setLink(link: Link, isOn: boolean): void;
  setLinked(isLinked: boolean): void;
  /** In which time zone the charts say their times. */
  setZone(zone: string): void;
}

export interface ILayoutToolbarProps {
  model: LayoutModel;
  /** The chart that the person is at. */
  active: string;
  /** The time zone in force: the layout's, else what the person prefers. */
  zone: string;
  acts: ILayoutActs;
  trans: TranslationBundle;
}

export function LayoutToolbar(props: ILayoutToolbarProps): JSX.Element {
  const { model, acts, trans } = props;
  const words = stateWords(model, trans);
  return (
    <div
      className="jp-QuantLab-Layout-toolbar"
      role="toolbar"
      aria-label={trans.__('Chart layout')}
    >
      <Act icon={saveIcon} label={trans.__('Save layout')} act={acts.save} />
      <Act icon={folderIcon} label={trans.__('Open layout')} act={acts.load} />
      <Fold label={trans.__('Layout tools')}>
        <button
          type="button"
          className="jp-QuantLab-Chip"
          onClick={() => acts.saveAs()}
        >
          {trans.__('Save as…')}
        </button>
        <Arrangement {...props} />
        <Linking {...props} />
        <Select
          isFilter={false}
          label={trans.__('Time zone')}
          value={props.zone}
          options={zoneOptions(props.zone, trans)}
          onChange={acts.setZone}
        />
        <button
          type="button"
          className="jp-QuantLab-IconButton"
          title={trans.__('More about this layout')}
          aria-label={trans.__('More about this layout')}
          aria-haspopup="menu"
          onClick={event => acts.menu(event.currentTarget)}
        >
          <ellipsesIcon.react tag="span" width="16px" aria-hidden />
        </button>
        <Autosave {...props} />
      </Fold>
      <span className="jp-QuantLab-Layout-saving">
        <span className="jp-QuantLab-SaveStatus">
          <button
            type="button"
            data-state={words.state}
            title={words.caption}
            onClick={() => acts.settle()}
          >
            {words.label}
          </button>
        </span>
        <Announcer {...props} />
      </span>
    </div>
  );
}

function Autosave(props: ILayoutToolbarProps): JSX.Element {
  const { model, acts, trans } = props;
  return (
    <label className="jp-QuantLab-Chart-check jp-QuantLab-Layout-autosave">
      <input
        type="checkbox"
        checked={model.autosave}
        title={trans.__(
          'Keep changes as a draft by themselves, two seconds after the last one'
        )}
        onChange={event => acts.setAutosave(event.target.checked)}
      />
      {trans.__('Autosave')}
    </label>
  );
}

function Arrangement(props: ILayoutToolbarProps): JSX.Element {
  const { model, acts, trans } = props;
  const count = model.document.charts.length;
  const shape = shapeOf(model.document);
  const options: [GridShape | '', string][] = [
    ['single', trans.__('One chart')],
    ['side-by-side', trans.__('2 side by side')],
    ['stacked', trans.__('2 stacked')],
    ['quad', trans.__('2 × 2')],
    ['thirds', trans.__('3 columns')]
  ];
  if (!shape) {
    options.unshift(['', trans._n('%1 chart', '%1 charts', count)]);
  }
  return (
    <span className="jp-QuantLab-Layout-group">
      <Select
        isFilter={false}
        label={trans.__('Arrangement')}
        value={shape ?? ''}
        options={options}
        onChange={value => {
          if (value) {
            acts.arrange(value as GridShape);
          }
        }}
      />
      <Act
        icon={addIcon}
        label={trans.__('Add chart')}
        isDisabled={count >= CHARTS_MAX}
        act={acts.addChart}
      />
      <Act
        icon={closeIcon}
        label={trans.__('Remove chart')}
        isDisabled={count === 1}
        act={acts.removeChart}
      />
    </span>
  );
}

/** What charts share. Of no use while there is one. */
function Linking(props: ILayoutToolbarProps): JSX.Element | null {
  const { model, active, acts, trans } = props;
  if (model.document.charts.length < 2) {
    return null;
  }
  const group = groupOf(model.document, active);
  const labels: Record<Link, string> = {
    symbol: trans.__('Symbol'),
    interval: trans.__('Interval'),
    crosshair: trans.__('Crosshair'),
    range: trans.__('Range')
  };
  return (
    <span
      role="group"
      aria-label={trans.__('Shared by linked charts')}
      className="jp-QuantLab-Layout-group"
    >
      <span>{trans.__('Link:')}</span>
      {LINKS.map(link => (
        <button
          key={link}
          type="button"
          className="jp-QuantLab-Chip"
          aria-pressed={group?.[link] ?? false}
          onClick={() => acts.setLink(link, !group?.[link])}
        >
          {labels[link]}
        </button>
      ))}
      {(model.document.groups ?? []).length > 0 ? (
        <label className="jp-QuantLab-Chart-check">
          <input
            type="checkbox"
            checked={group !== null}
            title={trans.__('The chart in hand follows the linked ones')}
            onChange={event => acts.setLinked(event.target.checked)}
          />
          {trans.__('This chart')}
        </label>
      ) : null}
    </span>
  );
}

/** Says where saving ended, once; that it goes on is not worth a word. */
function Announcer(props: ILayoutToolbarProps): JSX.Element {
  const { model, trans } = props;
  const { state, label, caption } = stateWords(model, trans);
  const [said, say] = React.useState('');
  const before = React.useRef(state);
  React.useEffect(() => {
    if (state === 'saving' || state === before.current) {
      return;
    }
    before.current = state;
    if (state !== 'unsaved') {
      say(state === 'saved' ? label : caption);
    }
  }, [state, label, caption]);
  return (
    <span className="jp-QuantLab-live" role="status">
      {said}
    </span>
  );
}

function Act(props: {
  icon: LabIcon;
  label: string;
  isDisabled?: boolean;
  act: () => void;
}): JSX.Element {
  const { icon: Icon, label, isDisabled, act } = props;
  return (
    <button
      type="button"
      className="jp-QuantLab-IconButton"
      title={label}
      aria-label={label}
      disabled={isDisabled}
      onClick={() => act()}
    >
      <Icon.react tag="span" width="16px" aria-hidden />
    </button>
  );
}
