/**
 * Which of QuantLab's panels are open and how large: read when a layout is saved, put back when it is opened.
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Widget } from '@lumino/widgets';
import { SplitPanel } from '@lumino/widgets';

import type { LayoutDocument } from '../api/models';
import { DASHBOARD_WIDGET } from '../dashboard/ids';
import { LIBRARY_PANEL } from '../library/ids';
import { CommandIDs } from '../tokens';
import type { LayoutModel } from './model';

type Panels = NonNullable<LayoutDocument['panels']>;
type Panel = Panels[string];

/** Panels by their names in documents. A name that is not here belongs to another release, and is left as it is. */
const KNOWN = {
  library: { id: LIBRARY_PANEL, command: CommandIDs.libraryShow },
  dashboard: { id: DASHBOARD_WIDGET, command: CommandIDs.dashboard }
} as const;

type Name = keyof typeof KNOWN;

const NAMES = Object.keys(KNOWN) as Name[];

/** A width that differs by less is the same: scroll bars and zooms change it. CSS pixels. */
const SAME_SIZE = 16;

/** Below this width panels cover what was opened. CSS pixels. */
const NARROW = 760;

/** Every panel as it is now. */
export function allPanels(app: JupyterFrontEnd): Panels {
  return Object.fromEntries(
    NAMES.map(name => [name, lookAt(app, KNOWN[name].id)])
  );
}

/** Write the panels into a layout that is about to be saved. */
export function keepPanels(app: JupyterFrontEnd, model: LayoutModel): void {
  const { document, item } = model;
  const before = document.panels ?? {};
  const panels = readPanels(app, before);
  if (panels !== before && item?.access !== 'view') {
    model.change({ ...document, panels });
  }
}

/** Panels of the page, over what a document says of others. The very same object when that says nothing new. */
function readPanels(app: JupyterFrontEnd, before: Panels): Panels {
  const found: Panels = { ...before };
  let isNew = false;
  for (const name of NAMES) {
    const seen = lookAt(app, KNOWN[name].id);
    if (!same(before[name], seen)) {
      found[name] = seen;
      isNew = true;
    }
  }
  return isNew ? found : before;
}

/**
 * Make the page's panels as a document has them. A panel that is not there is passed over.
 *
 * @param isExact - close pages of the main area too, which a layout by itself leaves to the person
 */
export async function applyPanels(
  app: JupyterFrontEnd,
  panels: Panels,
  isExact = false
): Promise<void> {
  if (window.innerWidth <= NARROW) {
    return;
  }
  const front = app.shell.currentWidget;
  for (const name of NAMES) {
    const wanted = panels[name];
    const { id, command } = KNOWN[name];
    if (!wanted || !app.commands.hasCommand(command)) {
      continue;
    }
    const isOpen = lookAt(app, id).open ?? false;
    if (wanted.open && !isOpen) {
      await app.commands.execute(command);
    } else if (!wanted.open && isOpen) {
      close(app, id, isExact);
    }
    if (wanted.open && wanted.size) {
      setWidth(app, id, wanted.size);
    }
  }
  if (front && !front.isDisposed) {
    app.shell.activateById(front.id);
  }
}

function lookAt(app: JupyterFrontEnd, id: string): Panel {
  for (const area of ['left', 'right'] as const) {
    const panel = widgetOf(app, id, area);
    if (panel) {
      const { isVisible: open, node } = panel;
      const size = open ? Math.round(node.offsetWidth) : null;
      return { open, area, size };
    }
  }
  return { open: Boolean(widgetOf(app, id, 'main')), area: 'main', size: null };
}

function widgetOf(
  app: JupyterFrontEnd,
  id: string,
  area: 'left' | 'right' | 'main'
): Widget | undefined {
  return [...app.shell.widgets(area)].find(widget => widget.id === id);
}

function same(a: Panel | undefined, b: Panel): boolean {
  // What nobody has opened needs no word.
  if (!a) {
    return !b.open;
  }
  const isSameSize =
    !b.open || Math.abs((a.size ?? 0) - (b.size ?? 0)) < SAME_SIZE;
  return a.open === b.open && a.area === b.area && isSameSize;
}

/** Side bars collapse; a page of the main area closes where that is wanted. */
function close(app: JupyterFrontEnd, id: string, isPage: boolean): void {
  const side = widgetOf(app, id, 'left') ? 'left' : 'right';
  if (widgetOf(app, id, side)) {
    void app.commands.execute(`application:toggle-${side}-area`);
  } else if (isPage) {
    widgetOf(app, id, 'main')?.close();
  }
}

/** Move the handle beside a side bar. */
function setWidth(app: JupyterFrontEnd, id: string, size: number): void {
  const panel = widgetOf(app, id, 'left') ?? widgetOf(app, id, 'right');
  let child: Widget | null = panel ?? null;
  while (child && !(child.parent instanceof SplitPanel)) {
    child = child.parent;
  }
  const split = child?.parent;
  if (!child || !(split instanceof SplitPanel)) {
    return;
  }
  const at = split.widgets.indexOf(child);
  const whole = split.node.offsetWidth;
  // Never more than half: the charts are what was opened.
  const share = Math.min(size / whole, 0.5);
  const before = split.relativeSizes();
  const rest = 1 - before[at];
  if (rest > 0) {
    split.setRelativeSizes(
      before.map((one, index) =>
        index === at ? share : (one / rest) * (1 - share)
      )
    );
  }
}
