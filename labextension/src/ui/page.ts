/**
 * Pages of QuantLab in the main area: at most one of each, brought to front when it is there.
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { WidgetTracker } from '@jupyterlab/apputils';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { Widget } from '@lumino/widgets';

export interface IPageOptions<T extends Widget> {
  shell: JupyterFrontEnd.IShell;
  tracker: WidgetTracker<MainAreaWidget<T>>;
  /** Which page it is, over a reload too. */
  id: string;
  icon: LabIcon;
  label: string;
  caption?: string;
  /** Makes what it holds, the first time. */
  make: () => Promise<T>;
}

/** Show a page. Rejects as `make` does. */
export async function showPage<T extends Widget>(
  options: IPageOptions<T>
): Promise<MainAreaWidget<T>> {
  const { shell, tracker, id, icon, label, caption, make } = options;
  let page = tracker.find(one => one.id === id);
  if (!page) {
    page = new MainAreaWidget<T>({ content: await make() });
    page.id = id;
    page.title.icon = icon;
    page.title.label = label;
    page.title.caption = caption ?? label;
    page.title.closable = true;
    page.toolbar.hide();
    shell.add(page, 'main');
    await tracker.add(page);
  }
  shell.activateById(id);
  return page;
}
