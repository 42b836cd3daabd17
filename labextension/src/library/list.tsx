/**
 * The rows of the library: only the visible ones are drawn; arrows, ranges, rename and delete by keyboard.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { describe } from '../ui/problems';
import { OVERSCAN, ROW_HEIGHT } from './constants';
import type { LibraryController } from './controller';
import { Row, rowId } from './row';
import { extendTo, selectAll, selectOne, step, toggle } from './selection';

export interface IListProps {
  controller: LibraryController;
  trans: TranslationBundle;
  onOpen: (id: string) => void;
  onDelete: () => void;
}

/** The grid. It takes the height that is left and scrolls. */
export function LibraryList(props: IListProps): JSX.Element {
  const { controller, trans, onOpen, onDelete } = props;
  const { model, selection } = controller;
  const { items, loadingMore } = model;
  const box = React.useRef<HTMLDivElement>(null);
  const { first, last, onScroll } = useWindow(box, items.length);
  const focusWanted = React.useRef(false);

  React.useEffect(() => {
    const atEnd = last >= items.length - OVERSCAN;
    // After a failure the person asks again: a service that is down is not asked in a loop.
    if (atEnd && model.hasMore && !loadingMore && model.moreError === null) {
      void model.loadMore();
    }
  }, [last, items, loadingMore, model]);

  React.useEffect(() => {
    // A refused name is edited on: its field keeps the focus.
    if (focusWanted.current && selection.active && !controller.renaming) {
      focusWanted.current = false;
      document.getElementById(rowId(selection.active))?.focus();
    }
  });

  const goTo = (id: string | null, extend: boolean): void => {
    if (id === null) {
      return;
    }
    reveal(box.current, controller.order.indexOf(id));
    focusWanted.current = true;
    controller.select(
      extend ? extendTo(selection, controller.order, id) : selectOne(id)
    );
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const order = controller.order;
    const page = Math.max(
      1,
      Math.floor((box.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1
    );
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      End: order.length,
      Home: -order.length
    };
    if (event.key in steps) {
      goTo(step(selection, order, steps[event.key]), event.shiftKey);
    } else if (event.key === 'Enter' && selection.active) {
      onOpen(selection.active);
    } else if (event.key === ' ' && selection.active) {
      focusWanted.current = true;
      controller.select(toggle(selection, selection.active));
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      controller.select(selectAll(selection, order));
    } else if (event.key === 'Escape' && selection.ids.size > 1) {
      goTo(selection.active, false);
    } else if (event.key === 'F2' && selection.active) {
      controller.startRename(selection.active);
    } else if (event.key === 'Delete') {
      focusWanted.current = true;
      onDelete();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const onClick = React.useCallback(
    (event: React.MouseEvent, id: string): void => {
      const now = controller.selection;
      if (event.shiftKey) {
        controller.select(extendTo(now, controller.order, id));
      } else if (event.ctrlKey || event.metaKey) {
        controller.select(toggle(now, id));
      } else {
        controller.select(selectOne(id));
        if (event.detail < 2) {
          onOpen(id);
        }
      }
    },
    [controller, onOpen]
  );
  const onMenu = React.useCallback(
    (id: string): void => {
      if (!controller.selection.ids.has(id)) {
        controller.select(selectOne(id));
      }
    },
    [controller]
  );
  const onRename = React.useCallback(
    (id: string, name: string): void => {
      focusWanted.current = true;
      void controller.commitRename(id, name);
    },
    [controller]
  );
  const onCancelRename = React.useCallback((): void => {
    focusWanted.current = true;
    controller.cancelRename();
  }, [controller]);

  const activeId = selection.active ?? items[0]?.id ?? null;
  const activeIndex = items.findIndex(item => item.id === activeId);
  const indexes = visible(first, last, activeIndex);
  return (
    <div
      ref={box}
      className="jp-QuantLab-List"
      role="grid"
      aria-label={trans.__('Saved items')}
      aria-multiselectable
      aria-rowcount={model.hasMore ? (model.total ?? -1) : items.length}
      aria-busy={loadingMore}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
    >
      <div
        role="rowgroup"
        className="jp-QuantLab-List-rows"
        style={{ height: items.length * ROW_HEIGHT }}
      >
        {indexes.map(index => {
          const item = items[index];
          const renaming = controller.renaming === item.id;
          return (
            <Row
              key={item.id}
              item={item}
              index={index}
              top={index * ROW_HEIGHT}
              selected={selection.ids.has(item.id)}
              active={item.id === activeId}
              renaming={renaming}
              problem={renaming ? controller.renameProblem : null}
              project={model.projectName(item.project_id)}
              trans={trans}
              onClick={onClick}
              onMenu={onMenu}
              onRename={onRename}
              onCancelRename={onCancelRename}
            />
          );
        })}
      </div>
      {loadingMore ? (
        <p className="jp-QuantLab-List-more">{trans.__('Loading more…')}</p>
      ) : model.moreError !== null ? (
        <p className="jp-QuantLab-List-more" role="alert">
          {describe(model.moreError, trans).message}{' '}
          <button
            type="button"
            className="jp-QuantLab-Link"
            onClick={() => void model.loadMore()}
          >
            {trans.__('Try again')}
          </button>
        </p>
      ) : null}
    </div>
  );
}

/** Which rows to draw: those in the window and, so that the focus is not lost, the active one. */
function visible(first: number, last: number, active: number): number[] {
  const indexes = Array.from(
    { length: Math.max(0, last - first) },
    (_, offset) => first + offset
  );
  if (active >= 0 && (active < first || active >= last)) {
    indexes.push(active);
  }
  return indexes.sort((a, b) => a - b);
}

/** Scroll so that a row is seen. */
function reveal(box: HTMLElement | null, index: number): void {
  if (!box || index < 0) {
    return;
  }
  const top = index * ROW_HEIGHT;
  if (top < box.scrollTop) {
    box.scrollTop = top;
  } else if (top + ROW_HEIGHT > box.scrollTop + box.clientHeight) {
    box.scrollTop = top + ROW_HEIGHT - box.clientHeight;
  }
}

/** The range of rows in sight, `last` excluded. */
function useWindow(
  box: React.RefObject<HTMLDivElement>,
  count: number
): { first: number; last: number; onScroll: () => void } {
  const [view, setView] = React.useState({ top: 0, height: 600 });
  const measure = React.useCallback(() => {
    const node = box.current;
    if (node) {
      setView({ top: node.scrollTop, height: node.clientHeight });
    }
  }, [box]);
  React.useEffect(() => {
    const node = box.current;
    if (!node) {
      return;
    }
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    return () => observer.disconnect();
  }, [box, measure]);
  const first = Math.max(0, Math.floor(view.top / ROW_HEIGHT) - OVERSCAN);
  const last = Math.min(
    count,
    Math.ceil((view.top + view.height) / ROW_HEIGHT) + OVERSCAN
  );
  return { first: Math.min(first, last), last, onScroll: measure };
}
