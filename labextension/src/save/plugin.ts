/**
 * "Save as workflow" and "New workflow": commands, toolbar button, launcher.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  CommandToolbarButton,
  ICommandPalette,
  IToolbarWidgetRegistry
} from '@jupyterlab/apputils';
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import type { FileEditor } from '@jupyterlab/fileeditor';
import { IEditorTracker } from '@jupyterlab/fileeditor';
import { ILauncher } from '@jupyterlab/launcher';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import {
  CATEGORY,
  CommandIDs,
  IQuantLabApi,
  IQuantLabDocuments,
  IQuantLabLibrary
} from '../tokens';
import { attempt } from '../ui/attempt';
import { newWorkflowIcon, saveWorkflowIcon } from '../ui/icons';

type Saveable = {
  widget: NotebookPanel | IDocumentWidget<FileEditor>;
  isNotebook: boolean;
};

export const savePlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:save',
  description: 'Saves notebooks and Python scripts as workflows.',
  autoStart: true,
  requires: [IQuantLabApi, IQuantLabLibrary],
  optional: [
    IQuantLabDocuments,
    INotebookTracker,
    IEditorTracker,
    ITranslator,
    ICommandPalette,
    ILauncher,
    IToolbarWidgetRegistry
  ],
  activate: (
    app: JupyterFrontEnd,
    api: IQuantLabApi,
    library: IQuantLabLibrary,
    documents: IQuantLabDocuments | null,
    notebooks: INotebookTracker | null,
    editors: IEditorTracker | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    toolbars: IToolbarWidgetRegistry | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('quantlab');
    const { commands } = app;
    const current = (): Saveable | null => {
      const shown = app.shell.currentWidget;
      const notebook = notebooks?.currentWidget;
      if (notebook && notebook === shown) {
        return { widget: notebook, isNotebook: true };
      }
      const editor = editors?.currentWidget;
      return editor && editor === shown && isPython(editor)
        ? { widget: editor, isNotebook: false }
        : null;
    };

    commands.addCommand(CommandIDs.workflowSaveAs, {
      label: trans.__('Save as Workflow…'),
      caption: trans.__(
        'Save the current notebook or Python script to your QuantLab library'
      ),
      icon: saveWorkflowIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      isEnabled: () => current() !== null,
      execute: async () => {
        const shown = current();
        if (!shown) {
          return;
        }
        await attempt(trans, async () => {
          await shown.widget.context.ready;
          const [{ showSaveForm }, { sourceOf, suggestedName }] =
            await Promise.all([import('./widget'), import('./source')]);
          const workflow = await showSaveForm({
            mode: 'save',
            name: suggestedName(shown.widget.context.path),
            kind: shown.isNotebook ? 'notebook' : 'python',
            project:
              documents?.find(shown.widget)?.item.project_id ?? undefined,
            source: () => sourceOf(shown.widget, shown.isNotebook),
            client: api.client,
            library,
            trans
          });
          if (workflow) {
            library.notify({
              type: 'created',
              id: workflow.id,
              item: workflow
            });
            await documents?.adopt(shown.widget, workflow);
          }
        });
      }
    });

    commands.addCommand(CommandIDs.workflowCreate, {
      label: args =>
        args.isLauncher
          ? args.kind === 'python'
            ? trans.__('Workflow Script')
            : trans.__('Workflow Notebook')
          : trans.__('New Workflow…'),
      caption: trans.__('Create an empty workflow in your QuantLab library'),
      icon: newWorkflowIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            kind: {
              type: 'string',
              enum: ['notebook', 'python'],
              description: 'What to create. Default: notebook.'
            },
            isLauncher: {
              type: 'boolean',
              description: 'The label is for the launcher.'
            }
          }
        }
      },
      execute: async args => {
        await attempt(trans, async () => {
          const [{ showSaveForm }, { emptySource }] = await Promise.all([
            import('./widget'),
            import('./source')
          ]);
          const workflow = await showSaveForm({
            mode: 'create',
            name: '',
            kind: args.kind === 'python' ? 'python' : 'notebook',
            source: emptySource,
            client: api.client,
            library,
            trans
          });
          if (workflow) {
            library.notify({
              type: 'created',
              id: workflow.id,
              item: workflow
            });
            await documents?.open(workflow, { run: 'never' });
          }
        });
      }
    });

    const changed = (): void => {
      commands.notifyCommandChanged(CommandIDs.workflowSaveAs);
    };
    notebooks?.currentChanged.connect(changed);
    editors?.currentChanged.connect(changed);
    toolbars?.addFactory('Editor', 'quantlab-save-as', widget => {
      if (!isPython(widget as IDocumentWidget)) {
        const nothing = new Widget();
        nothing.hide();
        return nothing;
      }
      return new CommandToolbarButton({
        commands,
        id: CommandIDs.workflowSaveAs,
        label: ''
      });
    });
    for (const command of [
      CommandIDs.workflowSaveAs,
      CommandIDs.workflowCreate
    ]) {
      palette?.addItem({ command, category: CATEGORY });
    }
    for (const kind of ['notebook', 'python']) {
      launcher?.add({
        command: CommandIDs.workflowCreate,
        args: { kind, isLauncher: true },
        category: CATEGORY,
        rank: kind === 'notebook' ? 1 : 2
      });
    }
  }
};

function isPython(widget: IDocumentWidget): boolean {
  return widget.context.path.toLowerCase().endsWith('.py');
}
