/**
 * Brings the widget manager and anywidget with the first notebook or console instead of with the page.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IConsoleTracker } from '@jupyterlab/console';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { PromiseDelegate } from '@lumino/coreutils';

import { deferredExtensions, loadExtensions } from './loader';
import { WIDGET_MIME_TYPE, WidgetPlaceholder } from './renderer';

export const deferredPlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:deferred',
  description: 'Loads widget support with the first notebook or console.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [INotebookTracker, IConsoleTracker, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    registry: IRenderMimeRegistry,
    notebooks: INotebookTracker | null,
    consoles: IConsoleTracker | null,
    translator: ITranslator | null
  ): void => {
    const extensions = deferredExtensions();
    if (!extensions.length) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('quantlab');
    const ready = new PromiseDelegate<void>();
    let started = false;
    const load = (): void => {
      if (!started) {
        started = true;
        void loadExtensions(app, extensions).then(
          () => ready.resolve(),
          reason => ready.reject(reason)
        );
      }
    };
    // Same rank as the widget manager's own renderer, which takes this one's place when it comes.
    registry.addFactory(
      {
        safe: false,
        mimeTypes: [WIDGET_MIME_TYPE],
        createRenderer: () => {
          load();
          return new WidgetPlaceholder({
            ready: ready.promise,
            registry,
            registryOf: node =>
              notebooks?.find(panel => panel.node.contains(node))?.content
                .rendermime ??
              consoles?.find(panel => panel.node.contains(node))?.console
                .rendermime ??
              null,
            waiting: trans.__('Loading widget…')
          });
        }
      },
      -10
    );
    for (const tracker of [notebooks, consoles]) {
      tracker?.widgetAdded.connect(load);
      if (tracker?.size) {
        load();
      }
    }
  }
};
