/**
 * Everything as files, out and in.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { downloadIcon, fileUploadIcon } from '@jupyterlab/ui-components';

import {
  CATEGORY,
  CommandIDs,
  IQuantLabApi,
  IQuantLabLibrary
} from '../tokens';
import { attempt } from '../ui/attempt';

export const transferPlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:transfer',
  description:
    'Exports the library as a zip of plain files, and imports such a zip.',
  autoStart: true,
  requires: [IQuantLabApi, IQuantLabLibrary],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    api: IQuantLabApi,
    library: IQuantLabLibrary,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('quantlab');
    const args = { type: 'object', properties: {} } as const;
    app.commands.addCommand(CommandIDs.libraryExport, {
      label: trans.__('Export Library'),
      caption: trans.__('Download everything as a zip of plain files'),
      icon: downloadIcon,
      describedBy: { args },
      execute: () =>
        attempt(trans, async () => {
          const { exportLibrary } = await import('./widget');
          await exportLibrary(api.client, trans);
        })
    });
    app.commands.addCommand(CommandIDs.libraryImport, {
      label: trans.__('Import into Library…'),
      caption: trans.__(
        'Take in a zip of an export, or a layout in a JSON file'
      ),
      icon: fileUploadIcon,
      describedBy: { args },
      execute: () =>
        attempt(trans, async () => {
          const { importLibrary } = await import('./widget');
          await importLibrary(api.client, library, trans);
        })
    });
    for (const command of [
      CommandIDs.libraryExport,
      CommandIDs.libraryImport
    ]) {
      palette?.addItem({ command, category: CATEGORY });
    }
  }
};
