/**
 * Opening what was saved, whatever it is.
 */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import type { LibraryItem } from '../api/models';
import type { IQuantLabDocuments } from '../tokens';
import { CommandIDs } from '../tokens';

/** What opens the kinds of saved objects. */
export interface IOpeners {
  commands: CommandRegistry;
  documents: IQuantLabDocuments | null;
  trans: TranslationBundle;
}

/**
 * Open one object: a layout as charts, anything else as a document.
 *
 * Rejects as the client does. An application that cannot show the kind is told of in a notification.
 *
 * @param item - the object, or the id of a workflow
 */
export async function openSaved(
  item: LibraryItem | string,
  openers: IOpeners,
  run: 'auto' | 'never' = 'auto'
): Promise<void> {
  const { commands, documents, trans } = openers;
  if (typeof item !== 'string' && item.kind === 'layout') {
    if (commands.hasCommand(CommandIDs.layoutOpen)) {
      await commands.execute(CommandIDs.layoutOpen, { id: item.id });
      return;
    }
    Notification.emit(
      trans.__(
        '“%1” is a chart layout, which cannot be shown here. Open it in JupyterLab with all plugins of QuantLab enabled.',
        item.name
      ),
      'warning',
      { autoClose: 10_000 }
    );
    return;
  }
  if (documents) {
    await documents.open(item, { run });
    return;
  }
  Notification.emit(
    trans.__('Nothing here can open workflows. Open JupyterLab instead.'),
    'warning',
    { autoClose: 10_000 }
  );
}
