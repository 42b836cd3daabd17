/**
 * The stream: connected when the first feature listens, so that opening JupyterLab costs nothing.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import { IQuantLabApi, IQuantLabSession, IQuantLabStream } from '../tokens';
import { DeferredStream } from './deferred';

export const streamPlugin: JupyterFrontEndPlugin<IQuantLabStream> = {
  id: '@quantlab/labextension:stream',
  description: 'What the QuantLab service tells without being asked.',
  autoStart: true,
  requires: [IQuantLabApi, IQuantLabSession],
  provides: IQuantLabStream,
  activate: (
    _app: JupyterFrontEnd,
    api: IQuantLabApi,
    session: IQuantLabSession
  ): IQuantLabStream =>
    new DeferredStream(async () => {
      const { StreamClient, findBrowser } = await import('./client');
      return new StreamClient(api.client.connection, session, findBrowser());
    })
};
