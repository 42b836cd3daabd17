/**
 * The drive and its documents, small enough to be there from the start: everything else loads with the first
 * document of the drive.
 */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { JupyterFrontEnd } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import type {
  DocumentRegistry,
  IDocumentWidget
} from '@jupyterlab/docregistry';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { Contents, ServerConnection } from '@jupyterlab/services';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

import {
  CommandIDs,
  IQuantLabApi,
  IQuantLabDocuments,
  IQuantLabLibrary,
  IQuantLabSession,
  IQuantLabStream
} from '../tokens';
import type { IQuantLabDocument } from '../tokens';
import type { IEngine } from './engine';
import { watchExecutions } from './executed';
import { DRIVE_NAME, isDrivePath, parsePath, stripDrive } from './paths';

const PLUGIN_ID = '@quantlab/labextension:documents';

/** The drive as JupyterLab's contents manager sees it; each act waits for the engine. */
class Drive implements Contents.IDrive {
  constructor(
    readonly serverSettings: ServerConnection.ISettings,
    private readonly _engine: () => Promise<IEngine>
  ) {}

  readonly name = DRIVE_NAME;
  readonly fileChanged = new Signal<this, Contents.IChangedArgs>(this);
  isDisposed = false;

  dispose(): void {
    this.isDisposed = true;
    Signal.clearData(this);
  }

  get(path: string, options?: Contents.IFetchOptions) {
    return this._do(acts => acts.get(path, options));
  }
  getDownloadUrl(path: string) {
    return this._do(acts => acts.getDownloadUrl(path));
  }
  newUntitled(options?: Contents.ICreateOptions) {
    return this._do(acts => acts.newUntitled(options));
  }
  delete(path: string) {
    return this._do(acts => acts.delete(path));
  }
  rename(path: string, newPath: string) {
    return this._do(acts => acts.rename(path, newPath));
  }
  save(path: string, options?: Partial<Contents.IModel>) {
    return this._do(acts => acts.save(path, options));
  }
  copy(path: string, toFolder: string) {
    return this._do(acts => acts.copy(path, toFolder));
  }
  createCheckpoint(path: string) {
    return this._do(acts => acts.createCheckpoint(path));
  }
  listCheckpoints(path: string) {
    return this._do(acts => acts.listCheckpoints(path));
  }
  restoreCheckpoint(path: string, id: string) {
    return this._do(acts => acts.restoreCheckpoint(path, id));
  }
  deleteCheckpoint() {
    return this._do(acts => acts.deleteCheckpoint());
  }

  private async _do<T>(act: (acts: IEngine['acts']) => Promise<T>): Promise<T> {
    const { acts } = await this._engine();
    try {
      return await act(acts);
    } catch (error) {
      // JupyterLab tells "not there" from "broken" by a response's status.
      if (error instanceof Error && 'status' in error) {
        Object.assign(error, { response: { status: error.status } });
      }
      throw error;
    }
  }
}

/** The public interface before and after the engine is there. */
class DocumentsFacade implements IQuantLabDocuments {
  constructor(private readonly _load: () => Promise<IEngine>) {}

  readonly currentChanged = new Signal<this, IQuantLabDocument | null>(this);
  engine: IEngine | null = null;

  get current(): IQuantLabDocument | null {
    return this.engine?.documents.current ?? null;
  }
  async open(
    ...args: Parameters<IQuantLabDocuments['open']>
  ): Promise<IDocumentWidget> {
    return (await this._load()).documents.open(...args);
  }
  find(widget: Widget): IQuantLabDocument | null {
    return this.engine?.documents.find(widget) ?? null;
  }
  opened(id: string): readonly IQuantLabDocument[] {
    return (
      this.engine?.documents.opened(id).filter(open => open.model !== null) ??
      []
    );
  }
  async adopt(
    ...args: Parameters<IQuantLabDocuments['adopt']>
  ): Promise<IDocumentWidget> {
    return (await this._load()).documents.adopt(...args);
  }
  async reload(id: string): Promise<void> {
    await this.engine?.documents.reload(id);
  }
}

export const documentsPlugin: JupyterFrontEndPlugin<IQuantLabDocuments> = {
  id: PLUGIN_ID,
  description: 'Workflows as documents of the QuantLab drive.',
  autoStart: true,
  provides: IQuantLabDocuments,
  requires: [IDocumentManager, IQuantLabApi, IQuantLabSession],
  optional: [
    IQuantLabLibrary,
    IRenderMimeRegistry,
    ISettingRegistry,
    IStatusBar,
    ITranslator,
    JupyterFrontEnd.ITreeResolver,
    IQuantLabStream
  ],
  activate: (
    app: JupyterFrontEnd,
    docManager: IDocumentManager,
    api: IQuantLabApi,
    session: IQuantLabSession,
    library: IQuantLabLibrary | null,
    rendermime: IRenderMimeRegistry | null,
    settings: ISettingRegistry | null,
    statusBar: IStatusBar | null,
    translator: ITranslator | null,
    tree: JupyterFrontEnd.ITreeResolver | null,
    stream: IQuantLabStream | null
  ): IQuantLabDocuments => {
    watchExecutions();
    const trans = (translator ?? nullTranslator).load('quantlab');
    const created: [IDocumentWidget, DocumentRegistry.Context][] = [];
    let loading: Promise<IEngine> | null = null;
    const load = (): Promise<IEngine> => {
      loading ??= start().catch((reason: unknown) => {
        loading = null;
        throw reason;
      });
      return loading;
    };
    const start = async (): Promise<IEngine> => {
      const { createEngine } = await import('./engine');
      const engine = await createEngine({
        app,
        docManager,
        client: api.client,
        session,
        library,
        rendermime,
        statusBar,
        stream,
        trans,
        translator: translator ?? nullTranslator,
        settings: Promise.resolve(settings?.load(PLUGIN_ID) ?? null).catch(
          () => null
        ),
        emit: change => drive.fileChanged.emit(change)
      });
      facade.engine = engine;
      engine.documents.currentChanged.connect((_, current) =>
        facade.currentChanged.emit(current)
      );
      for (const [widget, context] of created.splice(0)) {
        engine.documents.attach(widget, context);
      }
      return engine;
    };
    const drive = new Drive(app.serviceManager.serverSettings, load);
    const facade = new DocumentsFacade(load);
    app.serviceManager.contents.addDrive(drive);

    const extension: DocumentRegistry.WidgetExtension = {
      createNew: (view, context) => {
        const widget = view as IDocumentWidget;
        if (isDrivePath(context.path)) {
          if (facade.engine) {
            facade.engine.documents.attach(widget, context);
          } else {
            created.push([widget, context]);
            void load();
          }
        }
      }
    };
    const { docRegistry } = app;
    const extended = new Set<string>();
    const extend = (name: string): void => {
      if (name && !extended.has(name.toLowerCase())) {
        extended.add(name.toLowerCase());
        docRegistry.addWidgetExtension(name, extension);
      }
    };
    for (const factory of docRegistry.widgetFactories()) {
      extend(factory.name);
    }
    docRegistry.changed.connect((_, change) => {
      if (change.type === 'widgetFactory' && change.change === 'added') {
        extend(change.name ?? '');
      }
    });

    openAddressed(app, docManager, tree);
    app.commands.addCommand(CommandIDs.documentRerun, {
      label: trans.__('Run Workflow Again'),
      caption: trans.__('Run everything from the top and draw its pictures'),
      isEnabled: () => facade.current !== null,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: async () => {
        const document = facade.engine?.documents.current;
        if (facade.engine && document) {
          await facade.engine.runs.run(document as never);
        }
      }
    });
    facade.currentChanged.connect(() =>
      app.commands.notifyCommandChanged(CommandIDs.documentRerun)
    );
    return facade;
  }
};

/**
 * Opens the workflow that the page's address names, as after a reload. JupyterLab would look for a file browser
 * of the drive, and there is none: the library is the view of it.
 */
function openAddressed(
  app: JupyterFrontEnd,
  docManager: IDocumentManager,
  tree: JupyterFrontEnd.ITreeResolver | null
): void {
  const path = PageConfig.getOption('treePath');
  if (!isDrivePath(path)) {
    return;
  }
  PageConfig.setOption('treePath', '');
  // Once JupyterLab has read the address it follows the document in front.
  const routed: Promise<unknown> = tree?.paths ?? app.started;
  void routed.then(() => {
    if (parsePath(stripDrive(path)).type === 'workflow') {
      const widget = docManager.openOrReveal(path);
      // What the last session had in front comes back in between.
      void app.restored.then(() => {
        if (widget && !widget.isDisposed) {
          app.shell.activateById(widget.id);
        }
      });
    } else if (app.commands.hasCommand(CommandIDs.libraryShow)) {
      void app.commands.execute(CommandIDs.libraryShow);
    }
  });
}
