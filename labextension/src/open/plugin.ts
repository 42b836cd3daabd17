/**
 * "Open workflow".
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { folderIcon } from '@jupyterlab/ui-components';

import {
  CATEGORY,
  CommandIDs,
  IQuantLabApi,
  IQuantLabDocuments
} from '../tokens';

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
        try {
          if (typeof args.id === 'string') {
            return await documents.open(args.id);
          }
          const { askWorkflow } = await import('./widget');
          const item = await askWorkflow(api.client, trans);
          return item ? await documents.open(item) : undefined;
        } catch (error) {
          const { describe } = await import('../ui/problems');
          const problem = describe(error, trans);
          Notification.emit(`${problem.message} ${problem.detail}`, 'error', {
            autoClose: false
          });
          return undefined;
        }
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
