/**
 * The client and the session: what every other feature starts from.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import { QuantLabClient } from '../api/client';
import { ApiConnection } from '../api/request';
import { IQuantLabApi, IQuantLabSession } from '../tokens';
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
  provides: IQuantLabSession,
  activate: (_app: JupyterFrontEnd, api: IQuantLabApi): IQuantLabSession => {
    const channel =
      'BroadcastChannel' in window
        ? new BroadcastChannel(
            `quantlab.session:${api.client.connection.apiUrl}`
          )
        : null;
    return new QuantLabSession(api.client, window.localStorage, channel);
  }
};
