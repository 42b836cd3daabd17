/**
 * One document of the drive in the page: JupyterLab's context on one side, our model of it on the other.
 */
import type {
  DocumentRegistry,
  IDocumentWidget
} from '@jupyterlab/docregistry';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { QuantLabClient } from '../api/client';
import type { Trust, Workflow, WorkflowItem } from '../api/models';
import type { IQuantLabDocument, SaveState } from '../tokens';
import type { WorkflowContent } from './content';
import type { IDriveDocument } from './drive';
import { encode } from './driveContents';
import { DocumentModel } from './model';
import type { IContentPort } from './saving';
import { parsePath, stripDrive } from './paths';

/** A context shown by at least one widget. */
export class OpenDocument implements IDriveDocument, IQuantLabDocument {
  /**
   * @param context - JupyterLab's context
   * @param format - of its model: `json`, `text` or `base64`
   */
  constructor(
    readonly context: DocumentRegistry.Context,
    readonly format: string,
    private readonly _options: {
      client: QuantLabClient;
      /** Who is signed in; null: nobody, or that is not known yet. */
      userId: () => string | null;
    }
  ) {
    context.model.contentChanged.connect(this._onContentChanged, this);
    context.disposed.connect(this.dispose, this);
    context.ready.then(
      () => this._commit(),
      () => undefined
    );
  }

  /** Views of this document, the first one opened first. */
  readonly widgets: IDocumentWidget[] = [];

  model: DocumentModel | null = null;
  lastModified: string | null = null;
  hasLabDraft = false;
  isManualSave = false;
  lastLabSave = 0;

  get widget(): IDocumentWidget {
    return this.widgets[0];
  }

  get item(): WorkflowItem {
    return this._model().item;
  }

  /** Who has it open, whoever is signed in later; null while that is not known. */
  get person(): string | null {
    if (this._person === null && this.model) {
      const { access, owner_id: owner } = this.model.item;
      this._person = access === 'owner' ? owner : this._options.userId();
    }
    return this._person;
  }

  get saveState(): SaveState {
    return this.model?.state ?? 'saved';
  }

  get trust(): Trust | null {
    return this.model?.trust ?? null;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Path inside the drive. */
  get local(): string {
    return stripDrive(this.context.path).normalize('NFC');
  }

  /** A version was put into the page, at first and after each reload. */
  get loaded(): ISignal<this, DocumentModel> {
    return this._loaded;
  }

  /** State, item or path changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The document is about to go; its model can still be asked. */
  get closing(): ISignal<this, void> {
    return this._closing;
  }

  willLoad(workflow: Workflow): void {
    this._pending = workflow;
    if (this.model?.isLoaded) {
      // JupyterLab hands the content to its model before any timer runs. Who else reads the file changes nothing here.
      window.setTimeout(() => {
        if (this._pending === workflow && !this._isFilling) {
          this._pending = null;
        }
      }, 0);
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._closing.emit();
    this.model?.dispose();
    Signal.clearData(this);
  }

  private _onContentChanged(): void {
    if (this._pending && this.context.isReady) {
      if (!this._isFilling) {
        this._isFilling = true;
        window.setTimeout(() => this._commit(), 0);
      }
      return;
    }
    if (!this._isWriting) {
      this.model?.edited();
    }
  }

  private _commit(): void {
    const workflow = this._pending;
    this._pending = null;
    this._isFilling = false;
    if (!workflow || this._isDisposed) {
      return;
    }
    this._lineEnding = /\r\n?/.exec(workflow.code ?? '')?.[0] ?? '\n';
    const model = this.model ?? this._createModel(workflow);
    model.loaded(workflow);
    this._loaded.emit(model);
    this._changed.emit();
  }

  private _createModel(workflow: Workflow): DocumentModel {
    const model = new DocumentModel({
      client: this._options.client,
      userId: () => this.person ?? 'nobody',
      port: this._port(),
      item: workflow
    });
    this.model = model;
    model.changed.connect(() => this._changed.emit());
    return model;
  }

  private _port(): IContentPort {
    const { context } = this;
    return {
      read: () => (this._isDisposed ? null : this._read()),
      write: content => {
        this._isWriting = true;
        try {
          if (this.format === 'json') {
            (context.model as INotebookModel).fromJSON(content as never);
          } else {
            context.model.fromString(encode(content, 'text') as string);
          }
        } finally {
          this._isWriting = false;
        }
      },
      setDirty: dirty => {
        context.model.dirty = dirty;
      }
    };
  }

  private _read(): WorkflowContent | null {
    const { model } = this.context;
    if (this.format === 'json') {
      return model.toJSON() as Record<string, unknown>;
    }
    const target = parsePath(this.local);
    const text = model.toString();
    if (target.type === 'workflow' && target.kind === 'notebook') {
      try {
        return JSON.parse(text) as Record<string, unknown>;
      } catch {
        return null;
      }
    }
    return this._lineEnding === '\n'
      ? text
      : text.replaceAll('\n', this._lineEnding);
  }

  private _model(): DocumentModel {
    if (!this.model) {
      throw new Error('The document is not loaded yet.');
    }
    return this.model;
  }

  private readonly _loaded = new Signal<this, DocumentModel>(this);
  private readonly _changed = new Signal<this, void>(this);
  private readonly _closing = new Signal<this, void>(this);
  private _person: string | null = null;
  private _pending: Workflow | null = null;
  private _isFilling = false;
  private _isWriting = false;
  private _isDisposed = false;
  private _lineEnding = '\n';
}
