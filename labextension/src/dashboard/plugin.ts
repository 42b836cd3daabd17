/**
 * The dashboard: one page in the main area, opened from launcher, menu or palette, kept over a reload.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { homeIcon } from '@jupyterlab/ui-components';
import type { Widget } from '@lumino/widgets';

import {
  CATEGORY,
  CommandIDs,
  IQuantLabApi,
  IQuantLabDocuments,
  IQuantLabLibrary,
  IQuantLabSession
} from '../tokens';
import { attempt } from '../ui/attempt';
import { DASHBOARD_WIDGET } from './ids';

export const dashboardPlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:dashboard',
  description: 'The home of what was saved, in the main area.',
  autoStart: true,
  requires: [IQuantLabApi, IQuantLabSession, IQuantLabLibrary],
  optional: [
    IQuantLabDocuments,
    ITranslator,
    ICommandPalette,
    ILauncher,
    ILayoutRestorer
  ],
  activate: (
    app: JupyterFrontEnd,
    api: IQuantLabApi,
    session: IQuantLabSession,
    library: IQuantLabLibrary,
    documents: IQuantLabDocuments | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('quantlab');
    const tracker = new WidgetTracker<MainAreaWidget<Widget>>({
      namespace: 'quantlab-dashboard'
    });
    const command = CommandIDs.dashboard;
    const open = async (): Promise<void> => {
      if (!tracker.currentWidget) {
        const [{ Dashboard }, { DashboardModel }] = await Promise.all([
          import('./widget'),
          import('./model')
        ]);
        const content = new Dashboard({
          model: new DashboardModel(api.client, session, library),
          session,
          documents,
          commands: app.commands,
          trans
        });
        const widget = new MainAreaWidget<Widget>({ content });
        widget.id = DASHBOARD_WIDGET;
        widget.title.icon = homeIcon;
        widget.title.label = 'QuantLab';
        widget.title.caption = trans.__('QuantLab: what you saved');
        widget.title.closable = true;
        widget.toolbar.hide();
        app.shell.add(widget, 'main');
        await tracker.add(widget);
      }
      app.shell.activateById(DASHBOARD_WIDGET);
    };
    app.commands.addCommand(command, {
      label: args =>
        args.isLauncher ? trans.__('Dashboard') : trans.__('Show Dashboard'),
      caption: trans.__('Find and open what you saved'),
      icon: homeIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            isLauncher: {
              type: 'boolean',
              description: 'The label is for the launcher.'
            }
          }
        }
      },
      execute: () => attempt(trans, open)
    });
    palette?.addItem({ command, category: CATEGORY });
    launcher?.add({
      command,
      args: { isLauncher: true },
      category: CATEGORY,
      rank: -1
    });
    void restorer?.restore(tracker, { command, name: () => DASHBOARD_WIDGET });
  }
};
