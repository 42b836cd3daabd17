/**
 * Puts the parts together when the first document of the drive is asked for.
 */
import { Notification } from '@jupyterlab/apputils';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IStatusBar } from '@jupyterlab/statusbar';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { ITranslator } from '@jupyterlab/translation';

import type { IQuantLabStream } from '../tokens';
import { CommandIDs } from '../tokens';
import type { IDocumentsOptions } from './documents';
import { Documents } from './documents';
import { DriveActs } from './drive';
import { actOn } from './executed';
import type { DocumentModel } from './model';
import { offerEdits } from './offers';
import type { OpenDocument } from './openDocument';
import { keepApart } from './people';
import { Runs } from './runs';
import { watchElsewhere } from './sharedElsewhere';
import { SaveStatus } from './statusItem';

export interface IEngineOptions extends IDocumentsOptions {
  translator: ITranslator;
  rendermime: IRenderMimeRegistry | null;
  statusBar: IStatusBar | null;
  stream: IQuantLabStream | null;
  settings: Promise<ISettingRegistry.ISettings | null>;
}

/** Everything behind the drive. */
export interface IEngine {
  documents: Documents;
  acts: DriveActs;
  runs: Runs;
}

const CONFLICT_BAR = 'conflict';

export async function createEngine(options: IEngineOptions): Promise<IEngine> {
  const { trans, app, client } = options;
  const settings = await options.settings;
  const documents = new Documents(options);
  keepApart(documents, options.session);
  const runs = new Runs({
    ...options,
    isAutoRun: () => settings?.composite.autoRun !== false
  });
  documents.follow = (document, { run }) => {
    if (run !== 'never') {
      runs.opened(document);
    }
  };
  documents.resolveConflict = async document => {
    const { resolveConflict } = await import('./conflictDialog');
    return resolveConflict(document, { openCopy }, trans);
  };

  const openCopy = async (
    copy: { id: string },
    from: OpenDocument
  ): Promise<void> => {
    documents.notify({ type: 'created', id: copy.id });
    if (from.model?.conflict?.type !== 'gone') {
      await from.context.revert();
    }
    from.context.model.dirty = false;
    await documents.open(copy.id, { run: 'never' });
  };

  const openWhatItSpeaksOf = (document: OpenDocument): void => {
    const { model } = document;
    if (model?.state === 'conflict') {
      void documents.resolveConflict(document);
    } else if (model?.state === 'offline-draft') {
      model.retry();
    } else if (model && app.commands.hasCommand(CommandIDs.workflowVersions)) {
      void app.commands.execute(CommandIDs.workflowVersions, {
        id: model.item.id
      });
    }
  };

  if (options.stream) {
    watchElsewhere({
      documents,
      stream: options.stream,
      banners: document => runs.banners(document),
      trans
    });
  }

  documents.added.connect((_, document) => {
    document.loaded.connect((_sender, model) => {
      model.knowsDraft = offerEdits(model, runs.banners(document), trans);
    });
    document.loaded.connect(once(model => follow(document, model)));
  });

  const follow = (document: OpenDocument, model: DocumentModel): void => {
    let problem: string | null = null;
    model.changed.connect(() => {
      const banners = runs.banners(document);
      if (model.conflict && !banners.has(CONFLICT_BAR)) {
        banners.show({
          id: CONFLICT_BAR,
          tone: 'warning',
          text:
            model.conflict.type === 'gone'
              ? trans.__(
                  'This workflow was deleted, or is no longer shared with you. What you see is kept here; save it as a copy to go on.'
                )
              : trans.__(
                  'This workflow was changed elsewhere. Your edit is kept; decide when you like.'
                ),
          actions: [
            {
              label:
                model.conflict.type === 'gone'
                  ? trans.__('Save a copy…')
                  : trans.__('Compare and decide'),
              isPrimary: true,
              act: () =>
                documents.resolveConflict(document).then(() => undefined)
            }
          ]
        });
      } else if (!model.conflict) {
        banners.hide(CONFLICT_BAR);
      }
      if (model.problem && model.problem !== problem) {
        Notification.warning(
          trans.__('“%1” is not saved: %2', model.item.name, model.problem),
          { autoClose: 8000 }
        );
      }
      problem = model.problem;
    });
    model.saved.connect((_, saved) => void trustSaved(document, saved.version));
  };

  const trustSaved = async (
    document: OpenDocument,
    version: number
  ): Promise<void> => {
    const { model, widget } = document;
    const content = model?.port.read();
    const act = content && actOn(widget, content);
    if (!model || !act) {
      return;
    }
    try {
      await client.workflows.putTrust(model.item.id, { version, act });
    } catch (reason) {
      console.warn('QuantLab: trust could not be noted.', reason);
    }
  };

  app.commands.commandExecuted.connect((_, { id, result }) => {
    if (id === 'notebook:trust') {
      const document = documents.current as OpenDocument | null;
      void result.then(() => {
        if (document?.model?.state === 'saved') {
          void trustSaved(document, document.model.baseVersion);
        }
      });
    }
  });

  if (options.statusBar) {
    const item = new SaveStatus(trans, openWhatItSpeaksOf);
    const show = (): void => {
      item.document = documents.current as OpenDocument | null;
    };
    documents.currentChanged.connect(show);
    options.statusBar.registerStatusItem('@quantlab/labextension:save-state', {
      item,
      align: 'middle',
      rank: 10,
      isActive: () => item.isVisible,
      activeStateChanged: documents.currentChanged as never
    });
    show();
  }

  return { documents, acts: new DriveActs(documents), runs };
}

function once(
  act: (model: DocumentModel) => void
): (sender: OpenDocument, model: DocumentModel) => void {
  let isDone = false;
  return (_, model) => {
    if (!isDone) {
      isDone = true;
      act(model);
    }
  };
}
