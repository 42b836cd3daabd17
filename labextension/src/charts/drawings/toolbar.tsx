/**
 * The tools beside a chart, and what is said while one is in hand.
 */
import { UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { redoIcon, undoIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { KIND_ICONS, listIcon, removeIcon } from './icons';
import type { DrawingsModel } from './model';
import type { Drawing, DrawingKind } from './state';
import { DRAWINGS_MAX, KINDS, POINTS } from './state';
import { Tool } from './tool';
import { kindNames } from './words';

interface IToolsProps {
  drawings: DrawingsModel;
  trans: TranslationBundle;
  /** A tool was taken in hand: the chart gets the focus. */
  onTake: (tool: DrawingKind | null) => void;
  /** Whether the list of drawings is open. */
  hasList: boolean;
  onList: () => void;
}

export function DrawingTools(props: IToolsProps): JSX.Element {
  return (
    <UseSignal signal={props.drawings.changed}>
      {() => <Tools {...props} />}
    </UseSignal>
  );
}

function Tools(props: IToolsProps): JSX.Element {
  const { drawings, trans, onTake, hasList, onList } = props;
  const names = kindNames(trans);
  const { tool, selected } = drawings;
  return (
    <>
      <div
        className="jp-QuantLab-Draw-tools"
        role="toolbar"
        aria-orientation="vertical"
        aria-label={trans.__('Drawing')}
      >
        {KINDS.map(kind => (
          <Tool
            key={kind}
            icon={KIND_ICONS[kind]}
            label={names[kind]}
            pressed={tool === kind}
            disabled={drawings.isFull}
            onClick={() => onTake(tool === kind ? null : kind)}
          />
        ))}
        <span className="jp-QuantLab-Draw-line" />
        <Tool
          icon={undoIcon}
          label={trans.__('Undo drawing (Ctrl+Z)')}
          disabled={!drawings.canUndo}
          onClick={() => drawings.undo()}
        />
        <Tool
          icon={redoIcon}
          label={trans.__('Redo drawing (Ctrl+Shift+Z)')}
          disabled={!drawings.canRedo}
          onClick={() => drawings.redo()}
        />
        <Tool
          icon={removeIcon}
          label={trans.__('Delete the selected drawing (Delete)')}
          disabled={selected === null || selected.locked}
          onClick={() => {
            if (selected) {
              drawings.remove(selected.id);
            }
          }}
        />
        <Tool
          icon={listIcon}
          label={trans.__('List of drawings')}
          expanded={hasList}
          onClick={onList}
        />
      </div>
      <p className="jp-QuantLab-Draw-hint" role="status">
        {hint(drawings, trans)}
      </p>
    </>
  );
}

function hint(drawings: DrawingsModel, trans: TranslationBundle): string {
  const { tool, selected } = drawings;
  const names = kindNames(trans);
  if (tool && drawings.isPlacing) {
    return trans.__('%1: click the second point.', names[tool]);
  }
  if (tool) {
    return POINTS[tool] === 1
      ? trans.__('%1: click a point of the chart, or press Enter.', names[tool])
      : trans.__(
          '%1: click two points of the chart, or press Enter.',
          names[tool]
        );
  }
  if (drawings.isFull && !selected) {
    return trans.__(
      'A chart holds %1 drawings. Delete one to make another.',
      DRAWINGS_MAX
    );
  }
  return selected ? selectedInWords(selected, names, trans) : '';
}

function selectedInWords(
  selected: Drawing,
  names: Record<DrawingKind, string>,
  trans: TranslationBundle
): string {
  return selected.text
    ? trans.__('%1 “%2” is selected.', names[selected.kind], selected.text)
    : trans.__('%1 is selected.', names[selected.kind]);
}
