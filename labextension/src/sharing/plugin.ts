/**
 * "Share…": the command. What it shows is loaded when it is first used.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import {
  CATEGORY,
  CommandIDs,
  IQuantLabApi,
  IQuantLabDocuments,
  IQuantLabLibrary
} from '../tokens';
import { attempt } from '../ui/attempt';
import { shareIcon } from '../ui/icons';

export const sharingPlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:sharing',
  description: 'Shares workflows and layouts with people of the same tenant.',
  autoStart: true,
  requires: [IQuantLabApi, IQuantLabLibrary],
  optional: [IQuantLabDocuments, ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    { client }: IQuantLabApi,
    library: IQuantLabLibrary,
    documents: IQuantLabDocuments | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('quantlab');
    const command = CommandIDs.share;
    app.commands.addCommand(command, {
      label: trans.__('Share…'),
      caption: trans.__(
        'See who has access, and give it to people of your team'
      ),
      icon: shareIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            id: {
              type: 'string',
              description: 'The object. Default: the workflow in front.'
            },
            resource: {
              type: 'string',
              enum: ['workflows', 'layouts'],
              description: 'What kind of object it is. Default: workflows.'
            },
            name: { type: 'string', description: 'What the title calls it.' }
          }
        }
      },
      isEnabled: args =>
        typeof args.id === 'string' || Boolean(documents?.current),
      execute: args =>
        attempt(trans, async () => {
          const front = documents?.current?.item;
          const id = typeof args.id === 'string' ? args.id : front?.id;
          if (!id) {
            return;
          }
          const calls =
            args.resource === 'layouts' ? client.layouts : client.workflows;
          const [{ ShareModel }, { showShares }] = await Promise.all([
            import('./model'),
            import('./dialog')
          ]);
          const name =
            typeof args.name === 'string'
              ? args.name
              : front?.id === id
                ? front.name
                : library.items.find(item => item.id === id)?.name;
          const model = new ShareModel({
            calls,
            find: (words, signal) => client.people(words, signal),
            id,
            changed: () => library.notify({ type: 'unknown' })
          });
          await showShares(name ?? trans.__('this'), model, trans);
        })
    });
    documents?.currentChanged.connect(() => {
      app.commands.notifyCommandChanged(command);
    });
    palette?.addItem({ command, category: CATEGORY });
  }
};
