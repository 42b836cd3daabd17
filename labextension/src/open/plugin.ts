/**
 * "Open workflow".
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { folderIcon } from '@jupyterlab/ui-components';

import {
  CATEGORY,
  CommandIDs,
  IQuantLabApi,
  IQuantLabDocuments
} from '../tokens';
import { attempt } from '../ui/attempt';

export const openPlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:open',
  description: 'Finds and opens a workflow.',
  autoStart: true,
  requires: [IQuantLabApi, IQuantLabDocuments],
  optional: [ITranslator, ICommandPalette, ILauncher],
  activate: (
    app: JupyterFrontEnd,
    api: IQuantLabApi,
    documents: IQuantLabDocuments,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('quantlab');
    const command = CommandIDs.workflowOpen;
    app.commands.addCommand(command, {
      label: args =>
        args.isLauncher
          ? trans.__('Open Workflow')
          : trans.__('Open Workflow…'),
      caption: trans.__('Find a saved workflow and open it'),
      icon: folderIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            id: {
              type: 'string',
              description: 'The workflow to open. Default: ask.'
            },
            isLauncher: {
              type: 'boolean',
              description: 'The label is for the launcher.'
            }
          }
        }
      },
      execute: async args => {
        await attempt(trans, async () => {
          if (typeof args.id === 'string') {
            await documents.open(args.id);
            return;
          }
          const { askWorkflow } = await import('./widget');
          const item = await askWorkflow(api.client, trans);
          if (item) {
            await documents.open(item);
          }
        });
      }
    });
    palette?.addItem({ command, category: CATEGORY });
    launcher?.add({
      command,
      args: { isLauncher: true },
      category: CATEGORY,
      rank: 3
    });
  }
};
