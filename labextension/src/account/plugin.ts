/**
 * The client, the session and the account: what every other feature starts from.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import {
  ICommandPalette,
  IThemeManager,
  IToolbarWidgetRegistry,
  MainAreaWidget
} from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { QuantLabClient } from '../api/client';
import { ApiConnection } from '../api/request';
import {
  CATEGORY,
  CommandIDs,
  IQuantLabApi,
  IQuantLabSession
} from '../tokens';
import { addAccountCommands } from './commands';
import { ACCOUNT_WIDGET, OVERVIEW, isForm } from './ids';
import { AccountButton } from './menu';
import { QuantLabSession } from './model';

export const apiPlugin: JupyterFrontEndPlugin<IQuantLabApi> = {
  id: '@quantlab/labextension:api',
  description: 'The typed client of the QuantLab service.',
  autoStart: true,
  provides: IQuantLabApi,
  activate: (app: JupyterFrontEnd): IQuantLabApi => ({
    client: new QuantLabClient(
      new ApiConnection({ serverSettings: app.serviceManager.serverSettings })
    )
  })
};

export const sessionPlugin: JupyterFrontEndPlugin<IQuantLabSession> = {
  id: '@quantlab/labextension:session',
  description: 'Who is using QuantLab in this page.',
  autoStart: true,
  requires: [IQuantLabApi],
  optional: [ITranslator],
  provides: IQuantLabSession,
  activate: (
    _app: JupyterFrontEnd,
    api: IQuantLabApi,
    translator: ITranslator | null
  ): IQuantLabSession => {
    const trans = (translator ?? nullTranslator).load('quantlab');
    api.client.connection.confirm = async () =>
      (await import('./confirm')).confirmPerson(api.client, trans);
    const channel =
      'BroadcastChannel' in window
        ? new BroadcastChannel(
            `quantlab.session:${api.client.connection.apiUrl}`
          )
        : null;
    return new QuantLabSession(api.client, window.localStorage, channel);
  }
};

export const accountPlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:account',
  description: 'The account menu and the account tab.',
  autoStart: true,
  requires: [IQuantLabApi, IQuantLabSession],
  optional: [
    ITranslator,
    ICommandPalette,
    ILayoutRestorer,
    IToolbarWidgetRegistry,
    IThemeManager
  ],
  activate: (
    app: JupyterFrontEnd,
    api: IQuantLabApi,
    session: IQuantLabSession,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    toolbars: IToolbarWidgetRegistry | null,
    themes: IThemeManager | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('quantlab');
    const tracker = addAccountCommands(app, api, session, themes, trans);
    toolbars?.addFactory(
      'TopBar',
      'quantlab-account',
      () => new AccountButton(session, app.commands, trans)
    );
    for (const command of [
      CommandIDs.accountOpen,
      CommandIDs.accountSignIn,
      CommandIDs.accountSignUp,
      CommandIDs.accountContinueLocal,
      CommandIDs.accountSignOut
    ]) {
      palette?.addItem({ command, category: CATEGORY });
    }
    void restorer?.restore(tracker, {
      command: CommandIDs.accountOpen,
      args: ({ content: { page } }) => ({
        section: isForm(page) ? OVERVIEW : page
      }),
      name: () => ACCOUNT_WIDGET
    });
    void pageIsDrawn(app).then(() => session.ready());
  }
};

/** Who is signed in is asked at the latest so long after the restoring of a page that shows no document. */
const NO_DOCUMENT = 5000;

/** How long a widget that is shown may take to draw itself. Milliseconds. */
const DRAWING = 500;

/**
 * Resolves once the first document or the launcher is drawn and the browser has nothing else to do: JupyterLab
 * does not wait for us to be usable.
 */
async function pageIsDrawn(app: JupyterFrontEnd): Promise<void> {
  await app.restored;
  const { shell } = app;
  if (!shell.currentWidget) {
    await new Promise<void>(resolve => {
      shell.currentChanged?.connect(() => resolve());
      setTimeout(resolve, NO_DOCUMENT);
    });
  }
  if (shell.currentWidget instanceof MainAreaWidget) {
    await shell.currentWidget.revealed;
  }
  await new Promise<void>(resolve => {
    // A new widget draws itself in a later turn.
    const settle = (): void => void setTimeout(resolve, DRAWING);
    if ('requestIdleCallback' in window) {
      window.requestIdleCallback(settle, { timeout: 2000 });
    } else {
      settle();
    }
  });
}
