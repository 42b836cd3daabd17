/**
 * "Versions": one main-area widget per workflow, restored with the page.
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
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { historyIcon } from '@jupyterlab/ui-components';
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

const ID_PREFIX = 'jp-quantlab-versions-';

export const versionsPlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:versions',
  description: 'Compares and restores versions of a workflow.',
  autoStart: true,
  requires: [IQuantLabApi, IQuantLabSession, IQuantLabLibrary],
  optional: [
    IQuantLabDocuments,
    IEditorLanguageRegistry,
    ITranslator,
    ICommandPalette,
    ILayoutRestorer
  ],
  activate: (
    app: JupyterFrontEnd,
    api: IQuantLabApi,
    session: IQuantLabSession,
    library: IQuantLabLibrary,
    documents: IQuantLabDocuments | null,
    languages: IEditorLanguageRegistry | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('quantlab');
    const tracker = new WidgetTracker<MainAreaWidget<Widget>>({
      namespace: 'quantlab-versions'
    });
    const command = CommandIDs.workflowVersions;
    app.commands.addCommand(command, {
      label: trans.__('Versions…'),
      caption: trans.__('Compare and restore versions of the current workflow'),
      icon: historyIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            id: {
              type: 'string',
              description: 'The workflow. Default: the document in front.'
            }
          }
        }
      },
      isEnabled: args =>
        typeof args.id === 'string' || Boolean(documents?.current),
      execute: args =>
        attempt(trans, async () => {
          const id =
            typeof args.id === 'string' ? args.id : documents?.current?.item.id;
          if (!id) {
            return;
          }
          let widget = tracker.find(other => other.id === ID_PREFIX + id);
          if (!widget) {
            const { VersionsWidget } = await import('./widget');
            const content = new VersionsWidget({
              id,
              client: api.client,
              session,
              library,
              documents,
              languages,
              trans
            });
            widget = new MainAreaWidget<Widget>({ content });
            widget.id = ID_PREFIX + id;
            widget.title.icon = historyIcon;
            widget.title.label = trans.__('Versions');
            widget.title.closable = true;
            widget.toolbar.hide();
            app.shell.add(widget, 'main');
            await tracker.add(widget);
          }
          app.shell.activateById(widget.id);
        })
    });
    documents?.currentChanged.connect(() => {
      app.commands.notifyCommandChanged(command);
    });
    palette?.addItem({ command, category: CATEGORY });
    void restorer?.restore(tracker, {
      command,
      args: widget => ({ id: widget.id.slice(ID_PREFIX.length) }),
      name: widget => widget.id
    });
  }
};
