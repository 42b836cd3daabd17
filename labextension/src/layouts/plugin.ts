/**
 * Chart layouts: opened from the launcher, the palette or a command, kept over a reload.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ILabShell,
  ILabStatus,
  ILayoutRestorer
} from '@jupyterlab/application';
import {
  ICommandPalette,
  IThemeManager,
  WidgetTracker
} from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import {
  copyIcon,
  downloadIcon,
  fileUploadIcon,
  folderIcon,
  historyIcon,
  saveIcon,
  undoIcon
} from '@jupyterlab/ui-components';
import type {
  ReadonlyJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';

import type { LayoutDocument } from '../api/models';
import {
  CATEGORY,
  CommandIDs,
  IQuantLabApi,
  IQuantLabLibrary,
  IQuantLabSession,
  IQuantLabStream
} from '../tokens';
import { attempt } from '../ui/attempt';
import { quantlabIcon, shareIcon } from '../ui/icons';
import type { LayoutTheme } from './ids';
import { LayoutCommandIDs, LAYOUTS_PLUGIN, THEMES } from './ids';
import type { LayoutLoading } from './loading';
import type { IChoice, LayoutOpener } from './opener';
import { openDefault } from './start';
import type { LayoutTab } from './tab';
import type { LayoutWidget } from './widget';

export const layoutsPlugin: JupyterFrontEndPlugin<void> = {
  id: LAYOUTS_PLUGIN,
  description: 'Layouts of several charts in the main area.',
  autoStart: true,
  requires: [IQuantLabApi],
  optional: [
    IQuantLabLibrary,
    IQuantLabSession,
    ITranslator,
    ICommandPalette,
    ILauncher,
    ILayoutRestorer,
    IThemeManager,
    ILabStatus,
    ISettingRegistry,
    ILabShell,
    IQuantLabStream
  ],
  activate: (
    app: JupyterFrontEnd,
    api: IQuantLabApi,
    library: IQuantLabLibrary | null,
    session: IQuantLabSession | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    themes: IThemeManager | null,
    status: ILabStatus | null,
    settings: ISettingRegistry | null,
    labShell: ILabShell | null,
    stream: IQuantLabStream | null
  ): void => {
    const bundle = translator ?? nullTranslator;
    const trans = bundle.load('quantlab');
    const { commands } = app;
    const tracker = new WidgetTracker<LayoutTab>({
      namespace: 'quantlab-layouts'
    });
    let loading: Promise<LayoutOpener> | null = null;
    let isFollowing = (): boolean => false;
    const opener = (): Promise<LayoutOpener> => {
      loading ??= Promise.all([import('./opener'), choicesOf(settings)]).then(
        ([{ LayoutOpener }, choice]) => {
          const follow = choice('follow');
          isFollowing = () => follow.isOn();
          return new LayoutOpener({
            app,
            client: api.client,
            session,
            tracker,
            stream,
            library,
            status,
            themes,
            autosave: choice('autosave'),
            follow,
            locale: (bundle.languageCode || 'en').replace('_', '-'),
            trans
          });
        },
        (reason: unknown) => {
          loading = null;
          throw reason;
        }
      );
      return loading;
    };

    const add = (
      id: string,
      options: {
        label: string;
        short?: string;
        caption: string;
        icon: LabIcon;
        args?: ReadonlyJSONObject;
        isEnabled?: () => boolean;
        isToggled?: () => boolean;
        act: (
          opener: LayoutOpener,
          args: ReadonlyPartialJSONObject
        ) => Promise<unknown>;
      }
    ): void => {
      commands.addCommand(id, {
        label: args =>
          args.isLauncher ? (options.short ?? options.label) : options.label,
        caption: options.caption,
        icon: options.icon,
        describedBy: {
          args: { type: 'object', properties: options.args ?? {} }
        },
        isEnabled: options.isEnabled,
        isToggled: options.isToggled,
        execute: args =>
          attempt(trans, async () => {
            await options.act(await opener(), args);
          })
      });
      palette?.addItem({ command: id, category: CATEGORY });
    };
    const onLayout = (
      act: (opener: LayoutOpener, layout: LayoutWidget) => Promise<unknown>
    ) => ({
      isEnabled: () => tracker.currentWidget !== null,
      act: async (opener: LayoutOpener) => {
        const layout = tracker.currentWidget?.content;
        if (layout) {
          await act(opener, layout);
        }
      }
    });

    const isSaved = (): boolean =>
      Boolean(tracker.currentWidget?.content.model.item);
    let loads: LayoutLoading | null = null;

    add(LayoutCommandIDs.create, {
      label: trans.__('New Chart Layout'),
      short: trans.__('Chart layout'),
      caption: trans.__('Several charts in one tab, saved under one name'),
      icon: quantlabIcon,
      args: IS_LAUNCHER,
      act: one => one.create()
    });
    commands.addCommand(LayoutCommandIDs.open, {
      label: trans.__('Open Chart Layout'),
      caption: trans.__('Open a saved layout, or bring it to front'),
      describedBy: { args: OPEN_ARGS },
      execute: args =>
        attempt(trans, async () => {
          const one = await opener();
          const key = typeof args.key === 'string' ? args.key : undefined;
          const { person } = args;
          if (typeof person === 'string' && !(await one.isHere(person))) {
            return;
          }
          if (typeof args.id === 'string' && args.fresh === true) {
            await one.openFresh(args.id);
          } else if (typeof args.id === 'string') {
            await one.open(args.id, key);
          } else {
            await one.create(
              key,
              args.document as unknown as LayoutDocument | undefined,
              args.beside === true
            );
          }
        })
    });
    add(LayoutCommandIDs.save, {
      label: trans.__('Save Chart Layout'),
      caption: trans.__('Save the current layout as a version'),
      icon: saveIcon,
      ...onLayout((one, layout) => one.save(layout))
    });
    add(LayoutCommandIDs.saveAs, {
      label: trans.__('Save Chart Layout As…'),
      caption: trans.__('Save the current layout under another name'),
      icon: saveIcon,
      ...onLayout((one, layout) => one.saveAs(layout))
    });
    add(LayoutCommandIDs.versions, {
      label: trans.__('Chart Layout Versions…'),
      caption: trans.__('Compare and restore versions of the current layout'),
      icon: historyIcon,
      isEnabled: isSaved,
      act: async () => {
        await commands.execute(CommandIDs.workflowVersions, {
          id: tracker.currentWidget?.content.model.item?.id,
          resource: 'layouts'
        });
      }
    });
    add(LayoutCommandIDs.share, {
      label: trans.__('Share Chart Layout…'),
      caption: trans.__(
        'See who has access, and give it to people of your team'
      ),
      icon: shareIcon,
      isEnabled: isSaved,
      act: async () => {
        const item = tracker.currentWidget?.content.model.item;
        await commands.execute(CommandIDs.share, {
          id: item?.id,
          name: item?.name,
          resource: 'layouts'
        });
      }
    });
    add(LayoutCommandIDs.makeDefault, {
      label: trans.__('Make Default Layout'),
      caption: trans.__(
        'Open the current layout when JupyterLab starts with nothing else'
      ),
      icon: quantlabIcon,
      ...onLayout((one, layout) => one.makeDefault(layout))
    });
    const themeLabels: Record<LayoutTheme, string> = {
      system: trans.__('Charts Look as JupyterLab'),
      light: trans.__('Charts Always Light'),
      dark: trans.__('Charts Always Dark')
    };
    const themeOf = (args: ReadonlyPartialJSONObject): LayoutTheme =>
      THEMES.find(theme => theme === args.theme) ?? 'system';
    commands.addCommand(LayoutCommandIDs.theme, {
      label: args => themeLabels[themeOf(args)],
      caption: trans.__('Kept with the layout, for its charts alone'),
      describedBy: { args: THEME_ARGS },
      isEnabled: () => tracker.currentWidget !== null,
      isToggled: args =>
        (tracker.currentWidget?.content.model.document.theme ?? 'system') ===
        themeOf(args),
      execute: args => tracker.currentWidget?.content.setTheme(themeOf(args))
    });
    for (const theme of THEMES) {
      palette?.addItem({
        command: LayoutCommandIDs.theme,
        category: CATEGORY,
        args: { theme }
      });
    }
    add(LayoutCommandIDs.follow, {
      label: trans.__('Follow Chart Layouts Saved Elsewhere'),
      caption: trans.__(
        'Show by itself what another device saves, where nothing is unsaved here'
      ),
      icon: quantlabIcon,
      isToggled: () => isFollowing(),
      act: one => one.toggleFollow()
    });
    add(LayoutCommandIDs.load, {
      label: trans.__('Open Chart Layout…'),
      caption: trans.__('Find a saved layout and open it'),
      icon: folderIcon,
      act: async one => {
        const [{ askLayout }, { LayoutLoading }] = await Promise.all([
          import('./load'),
          import('./loading')
        ]);
        const front = tracker.currentWidget;
        const chosen = await askLayout(api.client, trans);
        if (chosen) {
          loads ??= new LayoutLoading(app, one, trans);
          const isInFront = front === app.shell.currentWidget;
          await loads.load(chosen, isInFront ? (front?.content ?? null) : null);
          commands.notifyCommandChanged(LayoutCommandIDs.undoLoad);
        }
      }
    });
    add(LayoutCommandIDs.undoLoad, {
      label: trans.__('Undo Opening of Chart Layout'),
      caption: trans.__('Put back what was open before the last layout'),
      icon: undoIcon,
      isEnabled: () => loads?.canUndo ?? false,
      act: async () => {
        await loads?.undo();
      }
    });
    add(LayoutCommandIDs.duplicate, {
      label: trans.__('Duplicate Chart Layout'),
      caption: trans.__('Copy the saved version of the current layout'),
      icon: copyIcon,
      isEnabled: isSaved,
      act: async one => {
        const item = tracker.currentWidget?.content.model.item;
        if (item) {
          const copy = await api.client.layouts.duplicate(item.id);
          library?.notify({ type: 'created', id: copy.id, item: copy });
          await one.open(copy.id);
        }
      }
    });
    add(LayoutCommandIDs.exportFile, {
      label: trans.__('Export Chart Layout'),
      caption: trans.__('Download the current layout as a JSON file'),
      icon: downloadIcon,
      ...onLayout(async (_, { model }) => {
        const { saveLayoutFile } = await import('./files');
        const name = model.item?.name ?? trans.__('New layout');
        saveLayoutFile(name, model.document);
      })
    });
    add(LayoutCommandIDs.importFile, {
      label: trans.__('Import Chart Layout…'),
      caption: trans.__('Save a layout from a JSON file and open it'),
      icon: fileUploadIcon,
      act: async one => {
        const { askFile, importLayout } = await import('./files');
        const file = await askFile();
        if (file) {
          const made = await importLayout(file, api.client.layouts, trans);
          library?.notify({ type: 'created', id: made.id, item: made });
          await one.open(made.id);
        }
      }
    });
    if (session && labShell) {
      void openDefault({
        app,
        client: api.client,
        session,
        open: async id => (await opener()).open(id)
      });
    }
    session?.userChanged.connect(() => {
      loads?.forget();
      commands.notifyCommandChanged(LayoutCommandIDs.undoLoad);
    });
    tracker.currentChanged.connect(() => commands.notifyCommandChanged());
    launcher?.add({
      command: LayoutCommandIDs.create,
      args: { isLauncher: true },
      category: CATEGORY,
      rank: 0.5
    });
    void restorer?.restore(tracker, {
      command: LayoutCommandIDs.open,
      args: ({ id, content, owner }) => {
        const { item, document } = content.model;
        const tab = { key: id, person: owner.id };
        return item ? { ...tab, id: item.id } : { ...tab, document };
      },
      name: widget => widget.id
    });
  }
};

/** Choices as the settings have them; they are asked for with the first layout. */
async function choicesOf(
  settings: ISettingRegistry | null
): Promise<(name: 'autosave' | 'follow') => IChoice> {
  const loaded = await settings?.load(LAYOUTS_PLUGIN).catch(() => null);
  const without = { autosave: true, follow: false };
  return name => ({
    isOn: () => (loaded?.composite[name] ?? without[name]) === true,
    set: async isOn => {
      await loaded?.set(name, isOn);
    }
  });
}

const IS_LAUNCHER: ReadonlyJSONObject = {
  isLauncher: {
    type: 'boolean',
    description: 'The label is for the launcher.'
  }
};

const THEME_ARGS: ReadonlyJSONObject = {
  type: 'object',
  properties: {
    theme: {
      type: 'string',
      description: 'light, dark, or system: as JupyterLab looks.'
    }
  }
};

const OPEN_ARGS: ReadonlyJSONObject = {
  type: 'object',
  properties: {
    id: {
      type: 'string',
      description: 'The layout to open. Default: a new one.'
    },
    key: {
      type: 'string',
      description: 'Distinguishes tabs.'
    },
    person: {
      type: 'string',
      description: 'Do nothing while somebody else is signed in.'
    },
    document: {
      type: 'object',
      description: 'What a layout that is not saved yet shows.'
    },
    fresh: {
      type: 'boolean',
      description:
        'Show its charts alone: without visible range, theme, time zone, panels and draft.'
    },
    beside: {
      type: 'boolean',
      description: 'Show it at the right of the page in front.'
    }
  }
};
