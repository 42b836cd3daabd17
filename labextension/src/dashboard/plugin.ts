/**
 * The dashboard: one page in the main area, opened from launcher, menu or palette, kept over a reload.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
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
  IQuantLabSession,
  IQuantLabStream
} from '../tokens';
import { attempt } from '../ui/attempt';
import { showPage } from '../ui/page';
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
    ILayoutRestorer,
    IQuantLabStream
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
    restorer: ILayoutRestorer | null,
    stream: IQuantLabStream | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('quantlab');
    const tracker = new WidgetTracker<MainAreaWidget<Widget>>({
      namespace: 'quantlab-dashboard'
    });
    const command = CommandIDs.dashboard;
    const make = async (): Promise<Widget> => {
      const [{ Dashboard }, { DashboardModel }, { followLibrary }] =
        await Promise.all([
          import('./widget'),
          import('./model'),
          import('../library/follow')
        ]);
      if (stream) {
        followLibrary(stream, library);
      }
      return new Dashboard({
        model: new DashboardModel(api.client, session, library),
        session,
        documents,
        commands: app.commands,
        trans
      });
    };
    const open = async (): Promise<void> => {
      await showPage({
        shell: app.shell,
        tracker,
        id: DASHBOARD_WIDGET,
        icon: homeIcon,
        label: 'QuantLab',
        caption: trans.__('QuantLab: what you saved'),
        make
      });
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
