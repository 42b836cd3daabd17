/**
 * All open documents of the drive: opening, adopting, saving, reloading.
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type {
  DocumentRegistry,
  IDocumentWidget
} from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

import type { QuantLabClient } from '../api/client';
import type { Workflow, WorkflowItem } from '../api/models';
import type {
  IOpenOptions,
  IQuantLabDocument,
  IQuantLabDocuments,
  IQuantLabLibrary,
  IQuantLabSession,
  LibraryChange
} from '../tokens';
import { handOver } from './adoption';
import type { WorkflowContent } from './content';
import type { IDriveDocument, IDriveHost } from './drive';
import { silentRejection } from './drive';
import { actOn } from './executed';
import { keepOffer, pageAsOffer } from '../saved/offers';
import { ConflictRaised } from './saving';
import { OpenDocument } from './openDocument';
import { globalPath, isDrivePath, stripDrive } from './paths';
import { PathResolver } from './resolver';

/** A save on closing is recognised by the closing that follows it within this time. Milliseconds. */
const CLOSING = 2000;
/** How long a workflow fetched for opening may be used. Milliseconds. */
const PREFETCH = 10_000;

export interface IDocumentsOptions {
  app: JupyterFrontEnd;
  docManager: IDocumentManager;
  client: QuantLabClient;
  session: IQuantLabSession;
  library: IQuantLabLibrary | null;
  trans: TranslationBundle;
  /** Tells the drive's listeners about a change. */
  emit: (change: Contents.IChangedArgs) => void;
}

/** What a conflict's dialog came to: true, the save went on; false, the person gave up. */
export type ConflictResolver = (document: OpenDocument) => Promise<boolean>;

/** What opening does beyond showing the document. */
export type OpenFollower = (
  document: OpenDocument,
  options: IOpenOptions
) => void;

/** The engine behind the drive and behind {@link IQuantLabDocuments}. */
export class Documents implements IQuantLabDocuments, IDriveHost {
  constructor(private readonly _options: IDocumentsOptions) {
    this.client = _options.client;
    this.resolver = new PathResolver(_options.client);
    const { app, library, session } = _options;
    app.commands.commandExecuted.connect((_, executed) =>
      this._onCommand(executed.id, executed.result)
    );
    app.shell.currentChanged?.connect(() => this._onCurrentChanged());
    library?.changed.connect((_, change) => void this._onLibrary(change));
    session.changed.connect(() => {
      if (session.state === 'signed-in') {
        this._retryAll();
      }
    });
    window.addEventListener('online', () => this._retryAll());
    const keep = () => this._keepAll();
    window.addEventListener('pagehide', keep);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') {
        keep();
      }
    });
  }

  readonly client: QuantLabClient;
  readonly resolver: PathResolver;
  resolveConflict: ConflictResolver = () => Promise.resolve(false);
  follow: OpenFollower = () => undefined;

  get current(): IQuantLabDocument | null {
    return this._current?.model ? this._current : null;
  }

  get currentChanged(): ISignal<this, IQuantLabDocument | null> {
    return this._currentChanged;
  }

  /** A document appeared; it may not be loaded yet. */
  get added(): ISignal<this, OpenDocument> {
    return this._added;
  }

  get all(): readonly OpenDocument[] {
    return [...this._documents.values()];
  }

  get trans(): TranslationBundle {
    return this._options.trans;
  }

  /** A widget of a context was created. */
  attach(widget: IDocumentWidget, context: DocumentRegistry.Context): void {
    let document = this._documents.get(context);
    if (!document) {
      document = this._add(context);
    }
    document.widgets.push(widget);
    widget.disposed.connect(() => {
      const index = document.widgets.indexOf(widget);
      if (index >= 0 && document.widgets.length > 1) {
        document.widgets.splice(index, 1);
      }
    });
    if (this._options.app.shell.currentWidget === widget) {
      this._onCurrentChanged();
    }
  }

  async open(
    item: WorkflowItem | string,
    options: IOpenOptions = {}
  ): Promise<IDocumentWidget> {
    let opened = item;
    if (typeof opened === 'string') {
      const open = this.opened(opened)[0] as IQuantLabDocument | undefined;
      opened = open?.item ?? (await this._prefetch(opened));
    }
    const path = globalPath(await this.resolver.place(opened));
    const before = this._options.docManager.findWidget(path);
    const widget = this._options.docManager.openOrReveal(
      path,
      'default',
      undefined,
      { activate: options.activate ?? true }
    );
    if (!widget) {
      throw new Error(
        this.trans.__('There is no editor for “%1”.', opened.name)
      );
    }
    await widget.context.ready;
    // For "last used" on every device; nothing depends on it.
    this.client.workflows.opened(opened.id).catch(() => undefined);
    const document = this._documents.get(widget.context);
    if (!before && document) {
      this.follow(document, options);
    }
    return widget;
  }

  find(widget: Widget): IQuantLabDocument | null {
    return (
      this.all.find(
        open => open.model && open.widgets.includes(widget as IDocumentWidget)
      ) ?? null
    );
  }

  /** Open documents: of a workflow's id (as the public interface says), or at a path of the drive. */
  opened(idOrLocal: string): OpenDocument[] {
    const local = idOrLocal.normalize('NFC');
    return this.all.filter(
      document =>
        document.local === local || document.model?.item.id === idOrLocal
    );
  }

  async adopt(
    widget: IDocumentWidget,
    workflow: Workflow
  ): Promise<IDocumentWidget> {
    const local = await this.resolver.place(workflow);
    const content = widget.context.model.toJSON() as WorkflowContent;
    let adopted = workflow;
    const act = actOn(widget, content);
    if (act) {
      const trust = await this.client.workflows.putTrust(workflow.id, {
        version: workflow.version,
        act
      });
      adopted = { ...workflow, trust };
    }
    if (adopted.notebook || adopted.code) {
      this._prefetched.set(adopted.id, adopted);
    }
    return handOver({
      widget,
      docManager: this._options.docManager,
      path: globalPath(local),
      gate: (promise: Promise<void>) => this._gates.set(local, promise)
    });
  }

  async reload(id: string): Promise<void> {
    const documents = this.opened(id);
    await Promise.all(
      documents.map(async document => {
        const { model } = document;
        if (model && model.state !== 'saved') {
          await keepForLater(document);
        }
        await document.context.revert();
      })
    );
  }

  takePrefetched(id: string): Workflow | null {
    const workflow = this._prefetched.get(id) ?? null;
    this._prefetched.delete(id);
    return workflow;
  }

  async gate(local: string): Promise<void> {
    await this._gates.get(local);
    this._gates.delete(local);
  }

  emit(change: Contents.IChangedArgs): void {
    this._options.emit(change);
  }

  notify(change: LibraryChange): void {
    this._options.library?.notify(change);
  }

  async saveVersion(open: IDriveDocument): Promise<WorkflowItem> {
    const document = open as OpenDocument;
    const { model } = document;
    if (!model) {
      throw new Error('The document is not loaded yet.');
    }
    for (;;) {
      try {
        return await model.saveVersion();
      } catch (error) {
        if (!(error instanceof ConflictRaised)) {
          throw this._asKept(document, error);
        }
        if (!(await this.resolveConflict(document))) {
          throw silentRejection(error.message);
        }
        if (model.state === 'saved') {
          return model.item;
        }
        if (!model.conflict) {
          // A merge left marks for the person to look at: saving is the next deliberate act.
          throw silentRejection('Look at the marked places, then save.');
        }
      }
    }
  }

  /** The save could not reach the service: the document's state says so, and nothing pops up over the work. */
  private _asKept(document: OpenDocument, error: unknown): unknown {
    return document.model?.state === 'offline-draft'
      ? silentRejection('The edit is kept in this browser.')
      : error;
  }

  private _add(context: DocumentRegistry.Context): OpenDocument {
    const { docManager, session } = this._options;
    const factory = (context as { factoryName?: string }).factoryName ?? '';
    const format =
      docManager.registry.getModelFactory(factory)?.fileFormat ?? 'text';
    const document = new OpenDocument(context, format, {
      client: this.client,
      userId: () => session.user?.id ?? null
    });
    this._documents.set(context, document);
    document.closing.connect(() => {
      this._documents.delete(context);
      this._onClosing(document);
      this._onCurrentChanged();
    });
    document.loaded.connect(() => this._onCurrentChanged(document));
    this._added.emit(document);
    return document;
  }

  private async _prefetch(id: string): Promise<WorkflowItem> {
    const workflow = await this.client.workflows.get(id);
    this._prefetched.set(id, workflow);
    window.setTimeout(() => this._prefetched.delete(id), PREFETCH);
    return workflow;
  }

  /** JupyterLab's save on closing looks like an autosave; what was saved to close becomes a version. */
  private _onClosing(document: OpenDocument): void {
    const { model } = document;
    if (
      model?.draft &&
      document.hasLabDraft &&
      !model.conflict &&
      Date.now() - document.lastLabSave < CLOSING
    ) {
      const { item, draft, baseVersion } = model;
      this.client.workflows
        .versionFromDraft(item.id, draft.revision, baseVersion)
        .then(saved =>
          this.notify({ type: 'updated', id: saved.id, item: saved })
        )
        .catch((reason: unknown) => {
          // The draft stays and is offered when the workflow is opened again.
          console.warn('QuantLab: the draft did not become a version.', reason);
        });
    }
  }

  private _onCommand(id: string, result: Promise<unknown>): void {
    const { app, docManager } = this._options;
    if (id !== 'docmanager:save' && id !== 'docmanager:save-all') {
      return;
    }
    const widget = app.shell.currentWidget;
    const context = widget ? docManager.contextForWidget(widget) : undefined;
    const documents =
      id === 'docmanager:save-all'
        ? this.all
        : this.all.filter(document => document.context === context);
    for (const document of documents) {
      document.isManualSave = true;
    }
    const done = () => {
      for (const document of documents) {
        document.isManualSave = false;
      }
    };
    result.then(done, done);
  }

  private _onCurrentChanged(changed?: OpenDocument): void {
    const widget = this._options.app.shell.currentWidget;
    // A restored layout shows documents before any of them has the focus.
    const current =
      this.all.find(document =>
        document.widgets.some(view =>
          widget ? view === widget : view.isVisible
        )
      ) ?? null;
    if (current !== this._current || (changed && changed === current)) {
      this._current = current;
      this._currentChanged.emit(this.current);
    }
  }

  /** Renames and moves made in a panel reach the tabs. */
  private async _onLibrary(change: LibraryChange): Promise<void> {
    if (change.type === 'projects') {
      this.resolver.projectsChanged();
    }
    const concerned =
      change.type === 'projects'
        ? this.all
        : this.all.filter(document => document.model?.item.id === change.id);
    for (const document of concerned) {
      const { model } = document;
      if (!model) {
        continue;
      }
      if (change.item && change.item.kind !== 'layout') {
        model.updateItem(change.item);
      }
      const local = await this.resolver.place(model.item);
      if (local !== document.local && isDrivePath(document.context.path)) {
        const name = local.split('/').pop() ?? local;
        this.emit({
          type: 'rename',
          oldValue: { path: stripDrive(document.context.path) },
          newValue: {
            ...document.context.contentsModel,
            path: local,
            name
          }
        });
      }
    }
  }

  private _retryAll(): void {
    for (const document of this.all) {
      document.model?.retry();
    }
  }

  private _keepAll(): void {
    for (const { model } of this.all) {
      void model?.keepLocally();
      if (model?.scheduler.isPending) {
        void model.scheduler.flush();
      }
    }
  }

  private readonly _documents = new Map<
    DocumentRegistry.Context,
    OpenDocument
  >();
  private readonly _prefetched = new Map<string, Workflow>();
  private readonly _gates = new Map<string, Promise<void>>();
  private readonly _added = new Signal<this, OpenDocument>(this);
  private readonly _currentChanged = new Signal<this, IQuantLabDocument | null>(
    this
  );
  private _current: OpenDocument | null = null;
}

/** Keeps what the page holds, to be offered after the page shows something else. */
async function keepForLater(document: OpenDocument): Promise<void> {
  const { model } = document;
  const offer = model && pageAsOffer(model);
  if (offer) {
    await keepOffer(offer);
  }
}
