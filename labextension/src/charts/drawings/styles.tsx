/**
 * The bar beside a selected drawing: how it looks, and what can be done with it.
 */
import { UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  deleteIcon,
  duplicateIcon,
  editIcon,
  lockIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';

import { Select } from '../../ui/select';
import { frontIcon, hideIcon } from './icons';
import { readLevels, writeLevels } from './levels';
import type { DrawingsModel } from './model';
import type { Drawing } from './state';
import { Tool } from './tool';
import { kindNames } from './words';

interface IStyleProps {
  drawings: DrawingsModel;
  trans: TranslationBundle;
  /** The colour that a drawing has now, `#rrggbb`. */
  colourOf: (drawing: Drawing) => string;
  onRewrite: (drawing: Drawing) => void;
  onDuplicate: () => void;
  /** The bar goes with its drawing: the focus has to go elsewhere. */
  onLeave: () => void;
  /** Drawn, or gone: the bar may have to stand elsewhere. */
  onRender: () => void;
}

type Change = (members: Partial<Drawing>) => void;

/** Kinds that go on beyond their points when told to. */
const EXTENDED: readonly Drawing['kind'][] = [
  'trend',
  'rectangle',
  'fibonacci'
];

/** Kinds that words belong to. */
const WORDED: readonly Drawing['kind'][] = ['horizontal', 'text'];

export function DrawingStyle(props: IStyleProps): JSX.Element {
  return (
    <UseSignal signal={props.drawings.changed}>
      {() => <Bar {...props} />}
    </UseSignal>
  );
}

function Bar(props: IStyleProps): JSX.Element | null {
  const { drawings, trans, onRender } = props;
  const { selected, tool } = drawings;
  React.useEffect(onRender);
  if (!selected || tool || !selected.visible) {
    return null;
  }
  return (
    <div
      key={selected.id}
      className="jp-QuantLab-DrawStyle-bar"
      role="toolbar"
      aria-label={trans.__('Selected: %1', kindNames(trans)[selected.kind])}
    >
      <Look {...props} selected={selected} />
      <Acts {...props} selected={selected} />
    </div>
  );
}

function Look(props: IStyleProps & { selected: Drawing }): JSX.Element {
  const { drawings, selected, trans, colourOf } = props;
  const { kind, locked } = selected;
  const change: Change = members => drawings.change(selected.id, members);
  const lines = {
    solid: trans.__('Solid'),
    dashed: trans.__('Dashed'),
    dotted: trans.__('Dotted')
  };
  const ends = {
    none: trans.__('Not extended'),
    left: trans.__('Extended left'),
    right: trans.__('Extended right'),
    both: trans.__('Extended both ways')
  };
  return (
    <>
      <Colour
        label={trans.__('Colour')}
        value={colourOf(selected)}
        disabled={locked}
        onTry={colour =>
          drawings.adjust({
            ...selected,
            // What is seen through stays so.
            colour: colour + (selected.colour ?? '').slice(7)
          })
        }
        onKeep={() => drawings.commit()}
      />
      {selected.colour === null ? null : (
        <button
          type="button"
          className="jp-QuantLab-Link"
          disabled={locked}
          onClick={() => change({ colour: null })}
        >
          {trans.__('Theme colour')}
        </button>
      )}
      {kind === 'text' ? null : (
        <>
          <Select
            label={trans.__('Width')}
            value={String(selected.width)}
            options={Array.from({ length: 10 }, (_, i) => [
              String(i + 1),
              trans.__('%1 px', i + 1)
            ])}
            disabled={locked}
            isFilter={false}
            onChange={width => change({ width: Number(width) })}
          />
          <Select
            label={trans.__('Line')}
            value={selected.line}
            options={Object.entries(lines)}
            disabled={locked}
            isFilter={false}
            onChange={line => change({ line: line as Drawing['line'] })}
          />
        </>
      )}
      {EXTENDED.includes(kind) ? (
        <Select
          label={trans.__('Extension')}
          value={selected.extend}
          options={Object.entries(ends)}
          disabled={locked}
          isFilter={false}
          onChange={extend => change({ extend: extend as Drawing['extend'] })}
        />
      ) : null}
      {kind === 'fibonacci' ? (
        <Levels
          label={trans.__('Levels in percent')}
          hint={trans.__('Numbers with commas between; empty: the usual ones')}
          levels={selected.levels}
          disabled={locked}
          onChange={levels => change({ levels })}
        />
      ) : null}
    </>
  );
}

function Acts(props: IStyleProps & { selected: Drawing }): JSX.Element {
  const { drawings, selected, trans, onRewrite, onDuplicate, onLeave } = props;
  const { id, kind, locked } = selected;
  return (
    <>
      {WORDED.includes(kind) ? (
        <Tool
          icon={editIcon}
          label={trans.__('Words…')}
          disabled={locked}
          onClick={() => onRewrite(selected)}
        />
      ) : null}
      <Tool
        icon={lockIcon}
        label={trans.__('Lock')}
        pressed={locked}
        onClick={() => drawings.change(id, { locked: !locked })}
      />
      <Tool
        icon={hideIcon}
        label={trans.__('Hide')}
        onClick={() => {
          drawings.change(id, { visible: false });
          drawings.select(null);
          onLeave();
        }}
      />
      <Tool
        icon={duplicateIcon}
        label={trans.__('Duplicate')}
        disabled={drawings.isFull}
        onClick={onDuplicate}
      />
      <Tool
        icon={frontIcon}
        label={trans.__('Bring to front')}
        onClick={() => drawings.toFront(id)}
      />
      <Tool
        icon={deleteIcon}
        label={trans.__('Delete')}
        disabled={locked}
        onClick={() => {
          drawings.remove(id);
          onLeave();
        }}
      />
    </>
  );
}

/** A colour shows while it is sought, and is kept, as one step of undo, once it is found. */
function Colour(props: {
  label: string;
  value: string;
  disabled: boolean;
  onTry: (colour: string) => void;
  onKeep: () => void;
}): JSX.Element {
  const { label, value, disabled, onTry, onKeep } = props;
  const input = React.useRef<HTMLInputElement>(null);
  const keep = React.useRef(onKeep);
  keep.current = onKeep;
  React.useEffect(() => {
    const node = input.current;
    // React's own `onChange` is the browser's `input`.
    const onChange = (): void => keep.current();
    node?.addEventListener('change', onChange);
    return () => node?.removeEventListener('change', onChange);
  }, []);
  return (
    <input
      ref={input}
      type="color"
      aria-label={label}
      title={label}
      value={value}
      disabled={disabled}
      onChange={event => onTry(event.target.value)}
    />
  );
}

function Levels(props: {
  label: string;
  hint: string;
  levels: readonly number[] | null;
  disabled: boolean;
  onChange: (levels: number[] | null) => void;
}): JSX.Element {
  const { label, hint, levels, disabled, onChange } = props;
  const current = writeLevels(levels);
  const [text, setText] = React.useState(current);
  React.useEffect(() => setText(current), [current]);
  const read = readLevels(text);
  const take = (): void => {
    if (read === undefined) {
      setText(current);
    } else if (text !== current) {
      setText(writeLevels(read));
      onChange(read);
    }
  };
  return (
    <input
      type="text"
      className="jp-QuantLab-DrawStyle-levels"
      aria-label={label}
      aria-invalid={read === undefined || undefined}
      title={`${label}. ${hint}`}
      value={text}
      disabled={disabled}
      onChange={event => setText(event.target.value)}
      onBlur={take}
      onKeyDown={event => {
        if (event.key === 'Enter') {
          take();
        }
      }}
    />
  );
}
