/**
 * "Versions": one main-area widget per object, restored with the page.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { historyIcon } from '@jupyterlab/ui-components';

import {
  CATEGORY,
  CommandIDs,
  IQuantLabApi,
  IQuantLabDocuments,
  IQuantLabLibrary,
  IQuantLabSession
} from '../tokens';
import { attempt } from '../ui/attempt';
import { showPage } from '../ui/page';
import type { VersionsWidget } from './widget';

const ID_PREFIX = 'jp-quantlab-versions-';

export const versionsPlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:versions',
  description: 'Compares and restores versions of a workflow or layout.',
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
    const tracker = new WidgetTracker<MainAreaWidget<VersionsWidget>>({
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
              description: 'The object. Default: the document in front.'
            },
            resource: {
              type: 'string',
              enum: ['workflows', 'layouts'],
              description: 'What kind of object it is. Default: workflows.'
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
          await showPage({
            shell: app.shell,
            tracker,
            id: ID_PREFIX + id,
            icon: historyIcon,
            label: trans.__('Versions'),
            make: async () => {
              const { VersionsWidget } = await import('./widget');
              return new VersionsWidget({
                id,
                resource: args.resource === 'layouts' ? 'layouts' : 'workflows',
                client: api.client,
                commands: app.commands,
                session,
                library,
                documents,
                languages,
                trans
              });
            }
          });
        })
    });
    documents?.currentChanged.connect(() => {
      app.commands.notifyCommandChanged(command);
    });
    palette?.addItem({ command, category: CATEGORY });
    void restorer?.restore(tracker, {
      command,
      args: ({ content }) => ({
        id: content.model.id,
        resource: content.model.resource
      }),
      name: widget => widget.id
    });
  }
};
