/**
 * One row of the library.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ellipsesIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { LibraryItem } from '../api/models';
import { accessLabel, fullTime, kindLabel, relativeTime } from '../ui/format';
import { kindIcon, pinIcon } from '../ui/icons';
import { NAME_MAX } from '../ui/names';

export interface IRowProps {
  item: LibraryItem;
  index: number;
  top: number;
  selected: boolean;
  active: boolean;
  renaming: boolean;
  problem: string | null;
  project: string | null;
  trans: TranslationBundle;
  onClick: (event: React.MouseEvent, id: string) => void;
  onMenu: (id: string) => void;
  onRename: (id: string, name: string) => void;
  onCancelRename: () => void;
}

/** Kind, name, where it is and when it changed; a button opens the menu for those without a right mouse button. */
export const Row = React.memo(RowView);

function RowView(props: IRowProps): JSX.Element {
  const { item, trans, renaming } = props;
  const Icon = kindIcon(item.kind);
  const label = trans.__('Actions for %1', item.name);
  return (
    <div
      role="row"
      id={rowId(item.id)}
      className={`jp-QuantLab-Row${props.selected ? ' jp-mod-selected' : ''}${item.deleted_at ? ' jp-mod-deleted' : ''}`}
      style={{ transform: `translateY(${props.top}px)` }}
      aria-rowindex={props.index + 1}
      aria-selected={props.selected}
      tabIndex={props.active ? 0 : -1}
      data-id={item.id}
      onClick={event => props.onClick(event, item.id)}
      onContextMenu={() => props.onMenu(item.id)}
    >
      <div role="gridcell" className="jp-QuantLab-Row-main">
        <Icon.react
          tag="span"
          className="jp-QuantLab-Row-icon"
          title={kindLabel(item.kind, trans)}
          width="18px"
          height="18px"
        />
        <div className="jp-QuantLab-Row-text">
          {renaming ? (
            <RenameInput {...props} />
          ) : (
            <div className="jp-QuantLab-Row-name">
              <bdi title={item.name}>{item.name}</bdi>
              {item.pinned ? (
                <pinIcon.react
                  tag="span"
                  className="jp-QuantLab-Row-pin"
                  title={trans.__('Pinned')}
                  width="12px"
                  height="12px"
                />
              ) : null}
            </div>
          )}
          <SubLine {...props} />
        </div>
      </div>
      <div role="gridcell" className="jp-QuantLab-Row-side">
        <button
          type="button"
          className="jp-QuantLab-IconButton"
          tabIndex={-1}
          aria-label={label}
          title={label}
          aria-haspopup="menu"
          onClick={openMenu}
        >
          <ellipsesIcon.react tag="span" width="16px" />
        </button>
      </div>
    </div>
  );
}

/** The DOM id of a row. */
export function rowId(id: string): string {
  return `jp-quantlab-row-${id}`;
}

/** Show the menu of the row where the button is. */
function openMenu(event: React.MouseEvent<HTMLElement>): void {
  event.stopPropagation();
  const box = event.currentTarget.getBoundingClientRect();
  event.currentTarget.dispatchEvent(
    new MouseEvent('contextmenu', {
      bubbles: true,
      cancelable: true,
      clientX: box.left,
      clientY: box.bottom
    })
  );
}

function SubLine(props: IRowProps): JSX.Element {
  const { item, trans, problem, renaming, project } = props;
  if (renaming && problem) {
    return (
      <div className="jp-QuantLab-Row-problem" role="alert">
        {problem}
      </div>
    );
  }
  const when = item.deleted_at ?? item.updated_at;
  const time = relativeTime(when);
  const shown = item.tags.slice(0, 2);
  const parts = [
    item.owner_name ? trans.__('from %1', item.owner_name) : '',
    accessLabel(item.access, trans),
    project ?? ''
  ].filter(Boolean);
  return (
    <div className="jp-QuantLab-Row-sub">
      {parts.map(part => (
        <bdi key={part} title={part}>
          {part}
        </bdi>
      ))}
      <time dateTime={when} title={fullTime(when)}>
        {item.deleted_at ? trans.__('deleted %1', time) : time}
      </time>
      {shown.map(tag => (
        <bdi key={tag} className="jp-QuantLab-Tag jp-mod-small" title={tag}>
          {tag}
        </bdi>
      ))}
      {item.tags.length > shown.length ? (
        <span title={item.tags.slice(2).join(', ')}>
          +{item.tags.length - shown.length}
        </span>
      ) : null}
    </div>
  );
}

function RenameInput(props: IRowProps): JSX.Element {
  const { item, trans, problem } = props;
  const [value, setValue] = React.useState(item.name);
  const input = React.useRef<HTMLInputElement>(null);
  const done = React.useRef(false);
  React.useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  React.useEffect(() => {
    // A refused name is edited on.
    done.current = false;
  }, [problem]);
  return (
    <input
      ref={input}
      className="jp-mod-styled jp-QuantLab-Row-rename"
      aria-label={trans.__('New name')}
      aria-invalid={problem ? true : undefined}
      value={value}
      maxLength={NAME_MAX * 2}
      dir="auto"
      onChange={event => {
        done.current = false;
        setValue(event.target.value);
      }}
      onClick={event => event.stopPropagation()}
      onContextMenu={event => event.stopPropagation()}
      onBlur={() => {
        if (!done.current && !problem) {
          props.onRename(item.id, value);
        } else if (!done.current) {
          props.onCancelRename();
        }
      }}
      onKeyDown={event => {
        event.stopPropagation();
        if (event.nativeEvent.isComposing) {
          return;
        }
        if (event.key === 'Enter') {
          done.current = true;
          props.onRename(item.id, value);
        } else if (event.key === 'Escape') {
          done.current = true;
          props.onCancelRename();
        }
      }}
    />
  );
}
