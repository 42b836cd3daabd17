/**
 * All drawings of a chart, the foremost first: found, shown or hidden, locked, deleted.
 */
import { UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon, deleteIcon, lockIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ChartModel } from '../model';
import { hideIcon, KIND_ICONS } from './icons';
import type { DrawingsModel } from './model';
import type { Drawing } from './state';
import { Tool } from './tool';
import { kindNames, placeInWords } from './words';

interface IListProps {
  chart: ChartModel;
  drawings: DrawingsModel;
  trans: TranslationBundle;
  locale: string;
  onClose: () => void;
}

export function DrawingList(props: IListProps): JSX.Element {
  const { drawings, trans, onClose } = props;
  const node = React.useRef<HTMLElement>(null);
  React.useEffect(() => node.current?.focus(), []);
  return (
    <section
      ref={node}
      tabIndex={-1}
      className="jp-QuantLab-DrawList"
      aria-label={trans.__('Drawings of this chart')}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onClose();
        }
      }}
    >
      <header>
        <strong>{trans.__('Drawings')}</strong>
        <Tool
          icon={closeIcon}
          label={trans.__('Close the list (Escape)')}
          onClick={onClose}
        />
      </header>
      <UseSignal signal={drawings.changed}>
        {() => (
          <Items
            {...props}
            // The button that was pressed is gone with its line.
            onRemoved={() => node.current?.focus()}
          />
        )}
      </UseSignal>
    </section>
  );
}

function Items(props: IListProps & { onRemoved: () => void }): JSX.Element {
  const { drawings, trans } = props;
  const all = [...drawings.kept].reverse();
  return all.length === 0 ? (
    <p>{trans.__('There are no drawings on this chart.')}</p>
  ) : (
    <ul>
      {all.map(one => (
        <Item key={one.id} {...props} drawing={one} />
      ))}
    </ul>
  );
}

function Item(
  props: IListProps & { drawing: Drawing; onRemoved: () => void }
): JSX.Element {
  const { chart, drawings, drawing, trans, locale, onRemoved } = props;
  const { id, kind, locked, visible } = drawing;
  const kindName = kindNames(trans)[kind];
  const place = placeInWords(drawing, chart, locale);
  const name = `${kindName}, ${place}`;
  const icon = KIND_ICONS[kind];
  return (
    <li>
      <button
        type="button"
        className="jp-QuantLab-DrawList-name"
        aria-pressed={drawings.selected?.id === id}
        title={name}
        onClick={() => drawings.select(id)}
      >
        <icon.react tag="span" width="16px" aria-hidden />
        <span>{kindName}</span>
        <small>{place}</small>
      </button>
      <Tool
        icon={hideIcon}
        label={trans.__('Hide %1', name)}
        pressed={!visible}
        onClick={() => drawings.change(id, { visible: !visible })}
      />
      <Tool
        icon={lockIcon}
        label={trans.__('Lock %1', name)}
        pressed={locked}
        onClick={() => drawings.change(id, { locked: !locked })}
      />
      <Tool
        icon={deleteIcon}
        label={trans.__('Delete %1', name)}
        disabled={locked}
        onClick={() => {
          drawings.remove(id);
          onRemoved();
        }}
      />
    </li>
  );
}
