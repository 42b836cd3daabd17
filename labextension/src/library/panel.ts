/**
 * The place of the library panel in the sidebar. It holds a toolbar at once, and the panel once it is looked at.
 */
import { CommandToolbarButton } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Toolbar } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import type { Widget } from '@lumino/widgets';
import { Panel } from '@lumino/widgets';

import { CommandIDs } from '../tokens';
import { libraryIcon } from '../ui/icons';
import { LIBRARY_PANEL, LibraryCommandIDs } from './ids';

export interface ILibraryHolderOptions {
  commands: CommandRegistry;
  trans: TranslationBundle;
  /** JupyterLab has shown its page: loading more does not delay it. */
  restored: Promise<unknown>;
  load: () => Promise<Widget>;
}

/** What the sidebar holds before and after the panel is loaded. */
export class LibraryHolder extends Panel {
  constructor(private readonly _options: ILibraryHolderOptions) {
    super();
    const { trans, commands } = _options;
    this.id = LIBRARY_PANEL;
    this.title.icon = libraryIcon;
    this.title.caption = trans.__('Library');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Library'));
    const toolbar = new Toolbar();
    toolbar.node.setAttribute('aria-label', trans.__('Library actions'));
    for (const id of [
      CommandIDs.workflowCreate,
      CommandIDs.workflowSaveAs,
      CommandIDs.libraryImport,
      CommandIDs.libraryExport,
      LibraryCommandIDs.projects,
      LibraryCommandIDs.refresh
    ]) {
      toolbar.addItem(
        id,
        new CommandToolbarButton({ commands, id, label: '' })
      );
    }
    this.addWidget(toolbar);
    // The style sheets of QuantLab come with what is shown: this one place does without.
    Object.assign(this.node.style, {
      display: 'flex',
      flexDirection: 'column',
      background: 'var(--jp-layout-color1)'
    });
    toolbar.node.style.flex = 'none';
  }

  /** Load the panel if it is visible; it may have become so without a message. */
  checkVisible(): void {
    if (this.isVisible) {
      this._load();
    }
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._load();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this.checkVisible();
  }

  private _load(): void {
    this._loading ??= this._options.restored
      .then(() => this._options.load())
      .then(panel => {
        Object.assign(panel.node.style, { flex: '1 1 auto', minHeight: '0' });
        this.addWidget(panel);
      })
      .catch((reason: unknown) => {
        // A failed download of our own code: the next look tries again.
        console.error(
          'QuantLab: the library panel could not be loaded.',
          reason
        );
        this._loading = null;
      });
  }

  private _loading: Promise<void> | null = null;
}
