/**
 * The `QuantLab:` drive: workflows as files, projects as folders, versions as checkpoints.
 *
 * JupyterLab compares what it loaded with what `get` says before each save. For an open document the answer is
 * what that document loaded, so that only the service decides what is stale, and only our dialog speaks of it.
 */
import type { Contents } from '@jupyterlab/services';

import { NotFoundError } from '../api/errors';
import type { QuantLabClient } from '../api/client';
import type { VersionInfo, Workflow, WorkflowItem } from '../api/models';
import type { LibraryChange } from '../tokens';
import type { WorkflowContent } from './content';
import {
  contentKey,
  contentOf,
  emptyContent,
  saveBody,
  withoutTrust,
  withTrust
} from './content';
import {
  decode,
  encode,
  fileModel,
  firstFree,
  formatFor,
  invalid
} from './driveContents';
import { DriveFolders } from './driveFolders';
import type { DocumentModel } from './model';
import { fileName, parsePath } from './paths';
import type { PathResolver } from './resolver';
import { notFound } from './resolver';

/** An open document as the drive needs it. */
export interface IDriveDocument {
  readonly model: DocumentModel | null;
  /** The `last_modified` that JupyterLab's context last got. */
  lastModified: string | null;
  /** The person asked for this save; else it is an autosave. */
  readonly isManualSave: boolean;
  /** An autosave of JupyterLab went into the draft and no version followed yet. */
  hasLabDraft: boolean;
  /** When JupyterLab last saved without the person's command. Milliseconds since 1970. */
  lastLabSave: number;
  /** The loaded workflow is about to be put into the page. */
  willLoad(workflow: Workflow): void;
}

/** What the drive needs of the rest. */
export interface IDriveHost {
  readonly client: QuantLabClient;
  readonly resolver: PathResolver;
  /** Open documents at a path, with what kind of model. */
  opened(local: string): readonly (IDriveDocument & { format: string })[];
  /** Saves a version, with our dialog when it is stale. Rejects quietly when the person gives up. */
  saveVersion(document: IDriveDocument): Promise<WorkflowItem>;
  /** A workflow fetched a moment ago, once. */
  takePrefetched(id: string): Workflow | null;
  /** Resolves when a path may be read. */
  gate(local: string): Promise<void>;
  emit(change: Contents.IChangedArgs): void;
  notify(change: LibraryChange): void;
}

/** A rejection that JupyterLab takes without a word: the document's own state says it. */
export function silentRejection(message: string): Error {
  return Object.assign(new Error(message), { name: 'ModalCancelError' });
}

/** The acts of the drive; paths are without the drive's name. */
export class DriveActs {
  constructor(private readonly _host: IDriveHost) {
    this._folders = new DriveFolders(_host);
  }

  async get(
    local: string,
    options: Contents.IFetchOptions = {}
  ): Promise<Contents.IModel> {
    const target = parsePath(local);
    if (target.type === 'workflow') {
      return options.content === false
        ? this._getInfo(local)
        : this._getContent(local, options);
    }
    return this._folders.get(local, options.content !== false);
  }

  async save(
    local: string,
    options: Partial<Contents.IModel> = {}
  ): Promise<Contents.IModel> {
    if (options.type === 'directory') {
      return this._folders.create(local);
    }
    const target = parsePath(local);
    if (target.type !== 'workflow') {
      throw invalid(
        'A workflow’s name ends in “.ipynb” (notebook) or “.py” (Python).'
      );
    }
    const content = decode(options.content, options.format, target.kind);
    const document = this._documents(local, options.format)[0];
    let item: WorkflowItem;
    if (document?.model && isPage(document.model, content)) {
      item = await this._saveOpen(document, document.model);
      document.lastModified = item.updated_at;
    } else {
      item = await this._saveClosed(local, content);
    }
    const model = fileModel(local, item);
    this._host.emit({ type: 'save', oldValue: null, newValue: model });
    return model;
  }

  async rename(local: string, newLocal: string): Promise<Contents.IModel> {
    const { resolver, client } = this._host;
    const from = parsePath(local);
    if (from.type === 'project') {
      return this._folders.rename(local, newLocal);
    }
    const item = await this._require(local);
    let to = parsePath(newLocal);
    if (to.type !== 'workflow') {
      // Typed without its ending: the kind stays.
      to = parsePath(fileName(newLocal, item.kind));
    }
    if (to.type !== 'workflow' || to.owner !== null || to.kind !== item.kind) {
      throw invalid(
        item.kind === 'notebook'
          ? 'This workflow is a notebook: its name ends in “.ipynb”.'
          : 'This workflow is Python: its name ends in “.py”.'
      );
    }
    const changed = await client.workflows.patch(item.id, {
      name: to.name,
      project_id: await resolver.projectId(to.project)
    });
    resolver.forget(local);
    const path = await resolver.place(changed);
    const model = fileModel(path, changed);
    this._host.emit({
      type: 'rename',
      oldValue: fileModel(local, item),
      newValue: model
    });
    this._host.notify({ type: 'renamed', id: item.id, item: changed });
    return model;
  }

  async delete(local: string): Promise<void> {
    const target = parsePath(local);
    if (target.type === 'project') {
      await this._folders.delete(local, target.project);
    } else {
      const item = await this._require(local);
      await this._host.client.workflows.delete(item.id);
      this._host.resolver.forget(local);
      this._host.notify({ type: 'deleted', id: item.id });
    }
    this._host.emit({
      type: 'delete',
      oldValue: { path: local },
      newValue: null
    });
  }

  async newUntitled(
    options: Contents.ICreateOptions = {}
  ): Promise<Contents.IModel> {
    const folder = parsePath(options.path ?? '');
    if (options.type === 'directory') {
      return this._folders.createUntitled();
    }
    const kind = options.type === 'notebook' ? 'notebook' : 'python';
    const project_id = await this._host.resolver.projectId(
      folder.type === 'project' ? folder.project : null
    );
    let created: Workflow | null = null;
    await firstFree('Untitled', async name => {
      created = await this._host.client.workflows.create({
        name,
        project_id,
        ...saveBody(emptyContent(kind))
      });
    });
    return this._created(created as unknown as Workflow);
  }

  async copy(local: string, toFolder: string): Promise<Contents.IModel> {
    const item = await this._require(local);
    const folder = parsePath(toFolder);
    const project_id = await this._host.resolver.projectId(
      folder.type === 'project' ? folder.project : null
    );
    return this._created(
      await this._host.client.workflows.duplicate(item.id, { project_id })
    );
  }

  async getDownloadUrl(local: string): Promise<string> {
    const item = await this._require(local);
    const workflow = await this._host.client.workflows.get(item.id);
    const text = encode(contentOf(workflow), 'text') as string;
    const type =
      item.kind === 'notebook' ? 'application/x-ipynb+json' : 'text/x-python';
    return URL.createObjectURL(new Blob([text], { type }));
  }

  async createCheckpoint(local: string): Promise<Contents.ICheckpointModel> {
    const waiting = this._host
      .opened(local)
      .find(document => document.model && document.hasLabDraft);
    const item = waiting
      ? await this._host.saveVersion(waiting)
      : await this._current(local);
    if (waiting) {
      waiting.hasLabDraft = false;
      waiting.lastModified = item.updated_at;
    }
    return { id: String(item.version), last_modified: item.updated_at };
  }

  async listCheckpoints(local: string): Promise<Contents.ICheckpointModel[]> {
    const item = await this._current(local);
    const known = this._histories.get(item.id);
    // JupyterLab asks several times around every opening and saving; the newest version tells whether it is news.
    if (known?.version !== item.version) {
      const list = this._history(item.id);
      this._histories.set(item.id, { version: item.version, list });
      list.catch(() => this._histories.delete(item.id));
      return list;
    }
    return [...(await known.list)];
  }

  async restoreCheckpoint(local: string, id: string): Promise<void> {
    const item = await this._current(local);
    const version = Number(id);
    if (version !== item.version) {
      await this._host.client.workflows.restore(item.id, version, item.version);
      this._host.notify({ type: 'updated', id: item.id });
    }
  }

  /** Versions are kept as long as the workflow. */
  deleteCheckpoint(): Promise<void> {
    return Promise.reject(invalid('Versions of a workflow are kept.'));
  }

  /** All versions, oldest first. */
  private async _history(id: string): Promise<Contents.ICheckpointModel[]> {
    const found: VersionInfo[] = [];
    let cursor: string | undefined;
    do {
      const page = await this._host.client.workflows.versions(id, {
        limit: 200,
        cursor
      });
      found.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    return found
      .map(info => ({
        id: String(info.version),
        last_modified: info.created_at
      }))
      .reverse();
  }

  private async _getInfo(local: string): Promise<Contents.IModel> {
    const loaded = this._documents(local).filter(
      document => document.model?.isLoaded && document.lastModified
    );
    if (loaded.length > 0) {
      // Several models can show one path; none of them may look older than its file.
      const oldest = loaded.reduce((a, b) =>
        (a.lastModified ?? '') <= (b.lastModified ?? '') ? a : b
      );
      return {
        ...fileModel(local, oldest.model!.item),
        last_modified: oldest.lastModified!
      };
    }
    return fileModel(local, await this._require(local));
  }

  private async _getContent(
    local: string,
    options: Contents.IFetchOptions
  ): Promise<Contents.IModel> {
    await this._host.gate(local);
    const document = this._documents(local, options.format)[0];
    const workflow = await this._fetch(local, document);
    const format = formatFor(workflow, options.format, options.type);
    const trusted = workflow.trust?.trusted === true;
    const content = withTrust(contentOf(workflow), () => trusted);
    const model = {
      ...fileModel(local, workflow),
      type: format === 'json' ? 'notebook' : 'file',
      format,
      content: encode(
        format === 'json' ? content : withoutTrust(content),
        format
      )
    };
    if (document) {
      document.lastModified = model.last_modified;
      document.hasLabDraft = false;
      document.willLoad(workflow);
    }
    return model;
  }

  private async _fetch(
    local: string,
    document: IDriveDocument | undefined
  ): Promise<Workflow> {
    const { client, resolver } = this._host;
    const id = document?.model?.item.id ?? resolver.knownId(local);
    if (id !== null) {
      const workflow = this._host.takePrefetched(id) ?? (await this._try(id));
      // An open document stays with its workflow; a remembered id may have been renamed away.
      if (
        workflow &&
        (document?.model || (await resolver.place(workflow)) === local)
      ) {
        return workflow;
      }
      resolver.forget(local);
    }
    const item = await resolver.find(local);
    if (!item) {
      throw notFound(local);
    }
    return client.workflows.get(item.id);
  }

  private async _try(id: string): Promise<Workflow | null> {
    try {
      return await this._host.client.workflows.get(id);
    } catch (error) {
      if (error instanceof NotFoundError) {
        return null;
      }
      throw error;
    }
  }

  private async _saveOpen(
    document: IDriveDocument,
    model: DocumentModel
  ): Promise<WorkflowItem> {
    if (document.isManualSave) {
      document.hasLabDraft = false;
      const item = await this._host.saveVersion(document);
      this._host.notify({ type: 'updated', id: item.id, item });
      return item;
    }
    const state = await model.saveDraft();
    if (state !== 'saved' && state !== 'unsaved') {
      throw silentRejection('The edit is kept in this browser.');
    }
    if (model.problem || !model.isSafe) {
      throw silentRejection(model.problem ?? 'The edit is not sent yet.');
    }
    // A draft of another tab or an earlier time is the person's to decide about.
    document.hasLabDraft = model.draft?.key !== null && model.draft !== null;
    document.lastLabSave = Date.now();
    return model.item;
  }

  private async _saveClosed(
    local: string,
    content: WorkflowContent
  ): Promise<WorkflowItem> {
    const { client, resolver } = this._host;
    const stored = withoutTrust(content);
    const existing = await resolver.find(local);
    if (existing) {
      const saved = await client.workflows.save(
        existing.id,
        saveBody(stored),
        existing.version
      );
      this._host.notify({ type: 'updated', id: saved.id });
      return saved;
    }
    const target = parsePath(local);
    if (target.type !== 'workflow' || target.owner !== null) {
      throw notFound(local);
    }
    const created = await client.workflows.create({
      name: target.name,
      project_id: await resolver.projectId(target.project),
      ...saveBody(stored)
    });
    await resolver.place(created);
    this._host.notify({ type: 'created', id: created.id });
    return created;
  }

  private async _created(workflow: Workflow): Promise<Contents.IModel> {
    const path = await this._host.resolver.place(workflow);
    const model = fileModel(path, workflow);
    this._host.emit({ type: 'new', oldValue: null, newValue: model });
    this._host.notify({ type: 'created', id: workflow.id });
    return model;
  }

  private _documents(
    local: string,
    format?: Contents.FileFormat
  ): (IDriveDocument & { format: string })[] {
    return this._host
      .opened(local)
      .filter(document => !format || document.format === format);
  }

  /** The workflow at a path as its open document knows it, else as the service does. */
  private async _current(local: string): Promise<WorkflowItem> {
    const loaded = this._documents(local).find(
      document => document.model?.isLoaded
    );
    return loaded?.model?.item ?? this._require(local);
  }

  private async _require(local: string): Promise<WorkflowItem> {
    const item =
      this._documents(local)[0]?.model?.item ??
      (await this._host.resolver.find(local));
    if (!item) {
      throw notFound(local);
    }
    return item;
  }

  private readonly _folders: DriveFolders;
  private readonly _histories = new Map<
    string,
    { version: number; list: Promise<Contents.ICheckpointModel[]> }
  >();
}

/** Whether a save hands over what the page holds, and not something an extension made up. */
function isPage(model: DocumentModel, content: WorkflowContent): boolean {
  const page = model.port.read();
  return page === null || contentKey(page) === contentKey(content);
}
