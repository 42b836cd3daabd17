/**
 * Every kernel that a document or console of this page talks to can ask who it works for. Works in every
 * front end that opens documents: it needs no shell of JupyterLab's.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import { IConsoleTracker } from '@jupyterlab/console';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Kernel } from '@jupyterlab/services';

import { IQuantLabApi, IQuantLabDocuments, IQuantLabSession } from '../tokens';
import type { KernelIdentity } from './identity';
import { KernelWatch } from './watch';

/** The comm that a kernel opens. */
const TARGET = 'quantlab.identity';

export const kernelPlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:kernel-identity',
  description: 'Gives kernels a short-lived token of the signed-in person.',
  autoStart: true,
  requires: [IQuantLabApi, IQuantLabSession],
  optional: [IQuantLabDocuments, IConsoleTracker],
  activate: (
    app: JupyterFrontEnd,
    { client }: IQuantLabApi,
    session: IQuantLabSession,
    documents: IQuantLabDocuments | null,
    consoles: IConsoleTracker | null
  ): void => {
    let identity: Promise<KernelIdentity> | null = null;
    const watch = new KernelWatch(path => documents?.opened(path) ?? []);
    const load = (): Promise<KernelIdentity> => {
      identity ??= import('./identity').then(
        ({ KernelIdentity }) =>
          new KernelIdentity({
            client,
            session,
            isAllowed: kernel => watch.mayActForPerson(kernel)
          })
      );
      return identity;
    };
    const register = (kernel: Kernel.IKernelConnection): void =>
      kernel.registerCommTarget(TARGET, async (comm, message) => {
        (await load()).opened(kernel, comm, message);
      });
    const follow = (context: ISessionContext): void =>
      watch.follow(context, register);

    const extension: DocumentRegistry.WidgetExtension = {
      createNew: (_widget, context) => follow(context.sessionContext)
    };
    const extended = new Set<string>();
    const extend = (name: string): void => {
      const key = name.toLowerCase();
      if (key && !extended.has(key)) {
        extended.add(key);
        app.docRegistry.addWidgetExtension(key, extension);
      }
    };
    for (const factory of app.docRegistry.widgetFactories()) {
      extend(factory.name);
    }
    app.docRegistry.changed.connect((_, change) => {
      if (change.type === 'widgetFactory' && change.change === 'added') {
        extend(change.name ?? '');
      }
    });
    consoles?.forEach(panel => follow(panel.sessionContext));
    consoles?.widgetAdded.connect((_, panel) => follow(panel.sessionContext));
  }
};
