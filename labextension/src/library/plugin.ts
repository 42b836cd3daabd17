/**
 * The library: the shared model, the sidebar panel and its commands.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import {
  CATEGORY,
  CommandIDs,
  IQuantLabApi,
  IQuantLabDocuments,
  IQuantLabLibrary,
  IQuantLabSession,
  IQuantLabStream
} from '../tokens';
import { addLibraryCommands } from './commands';
import type { LibraryController } from './controller';
import { LibraryCommandIDs } from './ids';
import { LibraryModel } from './model';
import { LibraryHolder } from './panel';

/** Below this width the panel makes room for what it opened. CSS pixels. */
const NARROW = 760;

export const libraryModelPlugin: JupyterFrontEndPlugin<IQuantLabLibrary> = {
  id: '@quantlab/labextension:library-model',
  description: 'The saved objects of the signed-in person.',
  autoStart: true,
  requires: [IQuantLabApi, IQuantLabSession],
  provides: IQuantLabLibrary,
  activate: (
    _app: JupyterFrontEnd,
    api: IQuantLabApi,
    session: IQuantLabSession
  ): IQuantLabLibrary => new LibraryModel(api, session)
};

export const libraryPlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:library',
  description: 'The library panel in the left sidebar.',
  autoStart: true,
  requires: [IQuantLabApi, IQuantLabSession, IQuantLabLibrary],
  optional: [
    IQuantLabDocuments,
    ITranslator,
    ICommandPalette,
    ILayoutRestorer,
    ILabShell,
    IQuantLabStream
  ],
  activate: (
    app: JupyterFrontEnd,
    api: IQuantLabApi,
    session: IQuantLabSession,
    library: IQuantLabLibrary,
    documents: IQuantLabDocuments | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    labShell: ILabShell | null,
    stream: IQuantLabStream | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('quantlab');
    const model = library as LibraryModel;
    let controller: LibraryController | null = null;
    const panel = new LibraryHolder({
      commands: app.commands,
      trans,
      restored: app.restored,
      load: async () => {
        const [{ LibraryController }, { LibraryPanel }, { followLibrary }] =
          await Promise.all([
            import('./controller'),
            import('./widget'),
            import('./follow')
          ]);
        if (stream) {
          followLibrary(stream, model);
        }
        controller = new LibraryController(model, api.client, trans);
        return new LibraryPanel({
          controller,
          session,
          commands: app.commands,
          trans
        });
      }
    });
    addLibraryCommands({
      commands: app.commands,
      api,
      model,
      documents,
      trans,
      controller: () => controller,
      show: () => {
        app.shell.activateById(panel.id);
      },
      opened: () => {
        // No room for both: what was opened is what the person wants to see.
        if (window.innerWidth <= NARROW) {
          labShell?.collapseLeft();
        }
      }
    });
    app.shell.add(panel, 'left', { rank: 150, type: 'QuantLab' });
    restorer?.add(panel, panel.id);
    labShell?.layoutModified.connect(() => panel.checkVisible());
    for (const command of [
      CommandIDs.libraryShow,
      CommandIDs.workflowOpenExample,
      LibraryCommandIDs.refresh,
      LibraryCommandIDs.projects
    ]) {
      palette?.addItem({ command, category: CATEGORY });
    }
  }
};
