/**
 * Administration: one page in the main area, offered to whoever looks after others.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { usersIcon } from '@jupyterlab/ui-components';

import {
  CATEGORY,
  CommandIDs,
  IQuantLabApi,
  IQuantLabSession
} from '../tokens';
import { attempt } from '../ui/attempt';
import { showPage } from '../ui/page';
import { ADMIN_WIDGET, isAdmin } from './ids';
import type { AdminWidget } from './widget';

export const adminPlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:admin',
  description: 'Looking after the people of a tenant.',
  autoStart: true,
  requires: [IQuantLabApi, IQuantLabSession],
  optional: [ITranslator, ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    { client }: IQuantLabApi,
    session: IQuantLabSession,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('quantlab');
    const tracker = new WidgetTracker<MainAreaWidget<AdminWidget>>({
      namespace: 'quantlab-admin'
    });
    const command = CommandIDs.adminOpen;
    const make = async (): Promise<AdminWidget> => {
      const [{ AdminWidget }, { AdminClient }] = await Promise.all([
        import('./widget'),
        import('./client')
      ]);
      const admin = new AdminClient(client.connection);
      const content = new AdminWidget({
        admin,
        client,
        session,
        trans,
        onSignIn: () => void app.commands.execute(CommandIDs.accountSignIn)
      });
      content.pageChanged.connect(() => {
        const shown = tracker.find(one => one.content === content);
        if (shown) {
          void tracker.save(shown);
        }
      });
      return content;
    };
    const open = async (section: string): Promise<void> => {
      const page = await showPage<AdminWidget>({
        shell: app.shell,
        tracker,
        id: ADMIN_WIDGET,
        icon: usersIcon,
        label: trans.__('Administration'),
        caption: trans.__('People of the tenant and what happened'),
        make
      });
      page.content.page = section;
    };
    app.commands.addCommand(command, {
      label: trans.__('Administration'),
      caption: trans.__('People of the tenant and what happened'),
      icon: usersIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            section: {
              type: 'string',
              description:
                'The section to show: users, invitations, tenant, audit, tenants, installation or kill-switch. Default: the first.'
            }
          }
        }
      },
      isVisible: () => isAdmin(session.user),
      execute: args =>
        attempt(trans, () => open((args.section as string) || ''))
    });
    session.changed.connect(() => app.commands.notifyCommandChanged(command));
    palette?.addItem({ command, category: CATEGORY });
    void restorer?.restore(tracker, {
      command,
      args: page => ({ section: page.content.page }),
      name: () => ADMIN_WIDGET
    });
  }
};
