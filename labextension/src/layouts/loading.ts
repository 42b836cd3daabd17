/**
 * Loading a layout from the dialog, and taking that back.
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { LayoutDocument } from '../api/models';
import { attempt } from '../ui/attempt';
import { sameContent } from './document';
import type { IChosenLayout } from './load';
import type { LayoutOpener } from './opener';
import { allPanels, applyPanels } from './panels';
import type { LayoutWidget } from './widget';

/** How long the message offers to take it back; the command goes on doing so. Milliseconds. */
const OFFERED = 10_000;

/** Loads, and remembers how things were before the last time. */
export class LayoutLoading {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _opener: LayoutOpener,
    private readonly _trans: TranslationBundle
  ) {}

  /** There is a load to take back. */
  get canUndo(): boolean {
    return this._undo !== null;
  }

  /**
   * Open what was chosen. A new layout in front that nobody touched makes room. Rejects as the client does.
   *
   * @param front - the layout in front, if it is one
   */
  async load(
    { item, isFresh }: IChosenLayout,
    front: LayoutWidget | null
  ): Promise<void> {
    const { shell } = this._app;
    const { id } = item;
    const before = shell.currentWidget;
    const panels = allPanels(this._app);
    const there = this._opener.find(id);
    // What the tab showed, should it make room: unsaved charts come back too.
    const shown = there?.content.model.document ?? null;
    if (!isFresh) {
      await this._opener.open(id);
    } else if (!(await this._opener.openFresh(id))) {
      return;
    }
    const room = there ? null : this._makeRoom(front);
    const isNew = !there || isFresh;
    this._undo = async () => {
      if (isNew && !((await this._opener.find(id)?.leave()) ?? true)) {
        return false;
      }
      if (room) {
        await this._opener.create(undefined, room);
      }
      if (there && isFresh) {
        await this._reopen(id, shown);
      }
      await applyPanels(this._app, panels, true);
      if (before && !before.isDisposed) {
        shell.activateById(before.id);
      }
      return true;
    };
    this._offer(item.name);
  }

  /** Another person is here: what was open before was not theirs. */
  forget(): void {
    this._undo = null;
  }

  /** Put back what was open before the last load. Rejects as the client does. */
  async undo(): Promise<void> {
    const undo = this._undo;
    this._undo = null;
    if (undo && !(await undo())) {
      this._undo = undo;
    }
  }

  /** Take a new, untouched layout away; what it showed, or null. */
  private _makeRoom(front: LayoutWidget | null): LayoutDocument | null {
    const model = front?.model;
    if (!front || !model || front.isDisposed || model.item || model.isDirty) {
      return null;
    }
    const { document } = model;
    front.parent?.dispose();
    return document;
  }

  private async _reopen(
    id: string,
    shown: LayoutDocument | null
  ): Promise<void> {
    await this._opener.open(id);
    const model = this._opener.find(id)?.content.model;
    if (model && shown && !sameContent(model.document, shown)) {
      model.change(shown, true);
    }
  }

  private _offer(name: string): void {
    const trans = this._trans;
    const undo = this._undo;
    Notification.info(trans.__('“%1” is open.', name), {
      autoClose: OFFERED,
      actions: [
        {
          label: trans.__('Undo'),
          caption: trans.__('Put back what was open before'),
          callback: () => {
            // A later load has its own message.
            if (this._undo === undo) {
              void attempt(trans, () => this.undo());
            }
          }
        }
      ]
    });
  }

  private _undo: (() => Promise<boolean>) | null = null;
}
