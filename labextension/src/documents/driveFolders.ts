/**
 * The drive's folders: projects, and what others share by its owner.
 */
import type { Contents } from '@jupyterlab/services';

import type { WorkflowItem } from '../api/models';
import type { IDriveHost } from './drive';
import { fileModel, firstFree, folderModel, invalid } from './driveContents';
import { SHARED_FOLDER, folderSegment, parsePath } from './paths';
import { notFound } from './resolver';

/** Acts on folders; paths are without the drive's name. */
export class DriveFolders {
  constructor(private readonly _host: IDriveHost) {}

  async get(local: string, withContent: boolean): Promise<Contents.IModel> {
    const target = parsePath(local);
    const { resolver } = this._host;
    if (target.type === 'project') {
      const project = await resolver.project(target.project);
      if (!project) {
        throw notFound(local);
      }
      const items = withContent
        ? await resolver.all({ project: project.id })
        : null;
      return folderModel(local, items && (await this._files(items)), project);
    }
    if (target.type === 'root') {
      return folderModel('', withContent ? await this._root() : null);
    }
    if (target.type === 'shared' || target.type === 'owner') {
      const items = withContent ? await resolver.all({ shared: true }) : [];
      const owners = new Set(
        items.map(item => item.owner_name ?? item.owner_id)
      );
      const content =
        target.type === 'shared'
          ? [...owners].map(owner =>
              folderModel(`${SHARED_FOLDER}/${folderSegment(owner)}`, null)
            )
          : await this._files(
              items.filter(
                item => (item.owner_name ?? item.owner_id) === target.owner
              )
            );
      return folderModel(local, withContent ? content : null);
    }
    throw notFound(local);
  }

  private async _root(): Promise<Contents.IModel[]> {
    const { resolver } = this._host;
    const [projects, items, shared] = await Promise.all([
      resolver.projects(true),
      resolver.all({ project: 'none' }),
      resolver.all({ shared: true })
    ]);
    const folders = projects.map(project =>
      folderModel(folderSegment(project.name), null, project)
    );
    if (
      shared.length > 0 &&
      !folders.some(folder => folder.name === SHARED_FOLDER)
    ) {
      folders.push(folderModel(SHARED_FOLDER, null));
    }
    return [...folders, ...(await this._files(items))];
  }

  private _files(items: WorkflowItem[]): Promise<Contents.IModel[]> {
    return Promise.all(
      items.map(async item =>
        fileModel(await this._host.resolver.place(item), item)
      )
    );
  }

  async create(local: string): Promise<Contents.IModel> {
    const target = parsePath(local);
    if (target.type !== 'project') {
      throw invalid('Projects hold workflows, not other projects.');
    }
    const project = await this._host.client.createProject({
      name: target.project
    });
    this._changed();
    return folderModel(local, null, project);
  }

  async rename(local: string, newLocal: string): Promise<Contents.IModel> {
    const { resolver, client } = this._host;
    const from = parsePath(local);
    const to = parsePath(newLocal);
    const project =
      from.type === 'project' ? await resolver.project(from.project) : null;
    if (!project || to.type !== 'project') {
      throw project ? invalid('Projects cannot be nested.') : notFound(local);
    }
    const changed = await client.updateProject(project.id, {
      name: to.project
    });
    resolver.projectsChanged();
    const model = folderModel(newLocal, null, changed);
    this._host.emit({
      type: 'rename',
      oldValue: folderModel(local, null, project),
      newValue: model
    });
    this._host.notify({ type: 'projects' });
    return model;
  }

  /** A new project with a free name. */
  async createUntitled(): Promise<Contents.IModel> {
    const name = await firstFree('Untitled project', async candidate => {
      await this._host.client.createProject({ name: candidate });
    });
    this._changed();
    return folderModel(folderSegment(name), null);
  }

  async delete(local: string, name: string): Promise<void> {
    const project = await this._host.resolver.project(name);
    if (!project) {
      throw notFound(local);
    }
    await this._host.client.deleteProject(project.id);
    this._changed();
  }

  private _changed(): void {
    this._host.resolver.projectsChanged();
    this._host.notify({ type: 'projects' });
  }
}
