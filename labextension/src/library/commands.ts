/**
 * The commands of the library panel. Loaded at start: what they do is loaded when they are first used.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  copyIcon,
  deleteIcon,
  downloadIcon,
  editIcon,
  folderIcon,
  historyIcon,
  notebookIcon,
  refreshIcon,
  tagIcon,
  undoIcon
} from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyJSONObject } from '@lumino/coreutils';

import type { LibraryItem } from '../api/models';
import type { IQuantLabApi, IQuantLabDocuments } from '../tokens';
import { CommandIDs } from '../tokens';
import { attempt } from '../ui/attempt';
import { libraryIcon, pinIcon, quantlabIcon, shareIcon } from '../ui/icons';
import type { LibraryController } from './controller';
import { LibraryCommandIDs } from './ids';
import type { LibraryModel } from './model';

export interface ILibraryCommandsOptions {
  commands: CommandRegistry;
  api: IQuantLabApi;
  model: LibraryModel;
  documents: IQuantLabDocuments | null;
  trans: TranslationBundle;
  /** The controller of the panel; null until it is first shown. */
  controller: () => LibraryController | null;
  /** Bring the panel to the front. */
  show: () => void;
  /** A document was opened from the panel. */
  opened: () => void;
}

/** The schema of commands that act on one saved object. */
const ONE_ITEM: ReadonlyJSONObject = {
  type: 'object',
  properties: {
    id: {
      type: 'string',
      description: 'The saved object. Default: what is selected in the library.'
    }
  }
};

const NO_ARGS: ReadonlyJSONObject = { type: 'object', properties: {} };

type Act = (
  items: LibraryItem[],
  controller: LibraryController
) => Promise<void> | void;

/** Register every command of the panel. */
export function addLibraryCommands(options: ILibraryCommandsOptions): void {
  const { commands, trans, model, controller } = options;
  const selected = (): LibraryItem[] => controller()?.selected ?? [];
  const isDeleted = (): boolean => model.filter.view === 'deleted';

  commands.addCommand(CommandIDs.libraryShow, {
    label: trans.__('Show Library'),
    caption: trans.__('Show what you saved in the left sidebar'),
    icon: libraryIcon,
    describedBy: { args: NO_ARGS },
    execute: () => options.show()
  });
  commands.addCommand(LibraryCommandIDs.refresh, {
    label: trans.__('Refresh Library'),
    caption: trans.__('Ask the service again for what is saved'),
    icon: refreshIcon,
    describedBy: { args: NO_ARGS },
    execute: () => model.refresh()
  });
  commands.addCommand(LibraryCommandIDs.projects, {
    label: trans.__('Manage Projects…'),
    caption: trans.__('Create, rename and delete projects'),
    icon: folderIcon,
    describedBy: { args: NO_ARGS },
    execute: async () => {
      await model.prepare();
      const { manageProjects } = await import('./projects');
      await manageProjects(model, options.api.client, trans);
    }
  });

  commands.addCommand(CommandIDs.workflowOpenExample, {
    label: trans.__('Open Example Workflow'),
    caption: trans.__(
      'Save a research notebook on real prices to the library and open it'
    ),
    icon: notebookIcon,
    describedBy: { args: NO_ARGS },
    isEnabled: () => options.documents !== null,
    execute: async () => {
      const { openExample } = await import('./example');
      await openExample(options);
    }
  });

  /**
   * A command on the selection: `one` needs exactly one item, `deleted` says in which view it makes sense.
   */
  const add = (
    id: string,
    label: string,
    caption: string,
    icon: LabIcon | undefined,
    where: { one?: boolean; deleted?: boolean; own?: boolean },
    act: Act
  ): void => {
    const fits = (): boolean => {
      const items = selected();
      return (
        items.length > 0 &&
        (!where.one || items.length === 1) &&
        (!where.own || items.every(item => item.access === 'owner')) &&
        isDeleted() === Boolean(where.deleted)
      );
    };
    commands.addCommand(id, {
      label,
      caption,
      icon,
      describedBy: { args: ONE_ITEM },
      isEnabled: args => typeof args.id === 'string' || fits(),
      isVisible: () => isDeleted() === Boolean(where.deleted),
      execute: async args => {
        const panel = controller();
        if (!panel) {
          return;
        }
        const items =
          typeof args.id === 'string'
            ? model.items.filter(item => item.id === args.id)
            : selected();
        await act(items, panel);
      }
    });
  };

  addOpening(options, selected);
  add(
    LibraryCommandIDs.rename,
    trans.__('Rename'),
    trans.__('Change the name of what is selected'),
    editIcon,
    { one: true, own: true },
    ([item], panel) => panel.startRename(item.id)
  );
  add(
    LibraryCommandIDs.duplicate,
    trans.__('Duplicate'),
    trans.__('Copy what is selected'),
    copyIcon,
    {},
    (items, panel) => panel.duplicate(items)
  );
  add(
    LibraryCommandIDs.tags,
    trans.__('Edit Tags…'),
    trans.__('Change the tags of what is selected'),
    tagIcon,
    { own: true },
    async (items, panel) => {
      const { askTags, changedTags } = await import('./dialogs');
      const change = await askTags(items, model.tags, trans);
      if (change) {
        await panel.patch(items, item => ({
          tags: changedTags(item.tags, change)
        }));
      }
    }
  );
  add(
    LibraryCommandIDs.move,
    trans.__('Move to Project…'),
    trans.__('Put what is selected into a project'),
    folderIcon,
    { own: true },
    async (items, panel) => {
      const { askProject } = await import('./dialogs');
      const goal = await askProject(items, model, options.api.client, trans);
      if (goal) {
        await panel.patch(items, () => ({ project_id: goal.project }));
      }
    }
  );
  add(
    LibraryCommandIDs.remove,
    trans.__('Delete'),
    trans.__('Delete what is selected; it can be restored for 30 days'),
    deleteIcon,
    { own: true },
    (items, panel) => panel.remove(items)
  );
  add(
    LibraryCommandIDs.restore,
    trans.__('Restore'),
    trans.__('Bring what is selected back'),
    undoIcon,
    { deleted: true },
    (items, panel) => panel.restore(items)
  );
  add(
    LibraryCommandIDs.purge,
    trans.__('Delete Forever…'),
    trans.__('Delete what is selected and its versions for good'),
    deleteIcon,
    { deleted: true },
    async (items, panel) => {
      const { confirmPurge } = await import('./confirm');
      if (await confirmPurge(items, trans)) {
        await panel.purge(items);
      }
    }
  );
  add(
    LibraryCommandIDs.versions,
    trans.__('Versions…'),
    trans.__('Compare and restore versions of what is selected'),
    historyIcon,
    { one: true },
    async ([item]) => {
      const { resourceOf } = await import('./sources');
      await commands.execute(CommandIDs.workflowVersions, {
        id: item.id,
        resource: resourceOf(item)
      });
    }
  );
  add(
    LibraryCommandIDs.share,
    trans.__('Share…'),
    trans.__('See who has access, and give it to people of your team'),
    shareIcon,
    { one: true },
    async ([item]) => {
      const { resourceOf } = await import('./sources');
      const { id, name } = item;
      const resource = resourceOf(item);
      await commands.execute(CommandIDs.share, { id, name, resource });
    }
  );
  add(
    LibraryCommandIDs.download,
    trans.__('Download'),
    trans.__('Download what is selected as files'),
    downloadIcon,
    {},
    async items => {
      const { downloadItem } = await import('../ui/files');
      for (const item of items) {
        await downloadItem(item, options.api.client);
      }
    }
  );
  addPin(options, selected);
}

function addOpening(
  options: ILibraryCommandsOptions,
  selected: () => LibraryItem[]
): void {
  const { commands, trans, model } = options;
  const open = async (
    args: { id?: unknown },
    run: 'auto' | 'never'
  ): Promise<void> => {
    const items =
      typeof args.id === 'string'
        ? [model.items.find(item => item.id === args.id) ?? args.id]
        : selected();
    await attempt(trans, async () => {
      const { openSaved } = await import('./opening');
      for (const item of items) {
        await openSaved(item, options, run);
      }
      options.opened();
    });
  };
  const isEnabled = (args: { id?: unknown }): boolean =>
    (typeof args.id === 'string' || selected().length > 0) &&
    model.filter.view !== 'deleted';
  const isVisible = (): boolean => model.filter.view !== 'deleted';
  commands.addCommand(LibraryCommandIDs.open, {
    label: trans.__('Open'),
    caption: trans.__('Open what is selected and re-draw its pictures'),
    icon: quantlabIcon,
    describedBy: { args: ONE_ITEM },
    isEnabled,
    isVisible,
    execute: args => open(args, 'auto')
  });
  commands.addCommand(LibraryCommandIDs.openQuietly, {
    label: trans.__('Open Without Running'),
    caption: trans.__('Open what is selected and run nothing'),
    describedBy: { args: ONE_ITEM },
    isEnabled,
    isVisible: () =>
      isVisible() && selected().some(item => item.kind !== 'layout'),
    execute: args => open(args, 'never')
  });
}

function addPin(
  options: ILibraryCommandsOptions,
  selected: () => LibraryItem[]
): void {
  const { commands, trans, model, controller } = options;
  const allPinned = (): boolean =>
    selected().length > 0 && selected().every(item => item.pinned);
  commands.addCommand(LibraryCommandIDs.pin, {
    label: () => (allPinned() ? trans.__('Unpin') : trans.__('Pin')),
    caption: trans.__('Keep what is selected at hand under “Pinned”'),
    icon: pinIcon,
    describedBy: { args: NO_ARGS },
    isEnabled: () =>
      selected().length > 0 &&
      selected().every(item => item.access === 'owner') &&
      model.filter.view !== 'deleted',
    isVisible: () => model.filter.view !== 'deleted',
    execute: async () => {
      const pinned = !allPinned();
      await controller()?.patch(selected(), () => ({ pinned }));
    }
  });
}
