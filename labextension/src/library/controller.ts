/**
 * What people do in the library panel: selection, rename in place, and acts with undo.
 */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { QuantLabClient } from '../api/client';
import { ConflictError, NotFoundError } from '../api/errors';
import type { LibraryItem, SavedPatch } from '../api/models';
import { cleanName, nameMessage, nameProblem } from '../ui/names';
import { describe } from '../ui/problems';
import type { LibraryModel } from './model';
import type { Selection } from './selection';
import { NOTHING, keep, selectOne } from './selection';
import { clientOf } from './sources';

/** How long the undo of a deletion is offered in the page. Milliseconds; the deleted view offers it for 30 days. */
const UNDO_SHOWN = 10_000;

/** Acts on the selected items. */
export class LibraryController {
  constructor(
    readonly model: LibraryModel,
    private readonly _client: QuantLabClient,
    private readonly _trans: TranslationBundle
  ) {
    model.stateChanged.connect(this._onItems, this);
  }

  get selection(): Selection {
    return this._selection;
  }

  /** Rows in their order. */
  get order(): readonly string[] {
    return this._order;
  }

  /** The id of the row whose name is being edited, or null. */
  get renaming(): string | null {
    return this._renaming;
  }

  /** Why the last new name was refused, or null. */
  get renameProblem(): string | null {
    return this._renameProblem;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The selected items, in the order of the list. */
  get selected(): LibraryItem[] {
    return this.model.items.filter(item => this._selection.ids.has(item.id));
  }

  select(selection: Selection): void {
    this._selection = selection;
    this._changed.emit();
  }

  startRename(id: string): void {
    this._renaming = id;
    this._renameProblem = null;
    this.select(selectOne(id));
  }

  cancelRename(): void {
    this._renaming = null;
    this._renameProblem = null;
    this._changed.emit();
  }

  /** Take the new name; the row stays open when the name is refused. */
  async commitRename(id: string, value: string): Promise<void> {
    const item = this.model.items.find(other => other.id === id);
    const name = cleanName(value);
    if (!item || name === item.name) {
      this.cancelRename();
      return;
    }
    const problem = nameProblem(name);
    if (problem) {
      this._renameProblem = nameMessage(problem, this._trans);
      this._changed.emit();
      return;
    }
    const undo = this.model.optimistic(id, { name });
    try {
      const changed = await clientOf(this._client, item).patch(id, { name });
      this._renaming = null;
      this._renameProblem = null;
      this.model.notify({ type: 'renamed', id, item: changed });
    } catch (error) {
      undo();
      this._renameProblem = describe(error, this._trans).message;
    }
    this._changed.emit();
  }

  /** Change what is said about some items; what failed is taken back and told. */
  async patch(
    items: readonly LibraryItem[],
    change: (item: LibraryItem) => SavedPatch
  ): Promise<void> {
    await this._each(items, async item => {
      const patch = change(item);
      const undo = this.model.optimistic(item.id, patch as object);
      try {
        const changed = await clientOf(this._client, item).patch(
          item.id,
          patch
        );
        this.model.notify({ type: 'updated', id: item.id, item: changed });
      } catch (error) {
        undo();
        throw error;
      }
    });
  }

  /** Delete with undo. */
  async remove(items: readonly LibraryItem[]): Promise<void> {
    const gone: LibraryItem[] = [];
    await this._each(items, async item => {
      const undo = this.model.optimistic(item.id, null);
      try {
        await clientOf(this._client, item).delete(item.id);
      } catch (error) {
        if (!(error instanceof NotFoundError)) {
          undo();
          throw error;
        }
      }
      gone.push(item);
      this.model.notify({ type: 'deleted', id: item.id });
    });
    if (gone.length === 0) {
      return;
    }
    const trans = this._trans;
    Notification.emit(
      gone.length === 1
        ? trans.__('Deleted “%1”', shorten(gone[0].name))
        : trans.__('Deleted %1 items', gone.length),
      'info',
      {
        autoClose: UNDO_SHOWN,
        actions: [
          {
            label: trans.__('Undo'),
            caption: trans.__('Bring it back'),
            callback: () => void this.restore(gone)
          }
        ]
      }
    );
  }

  /** Bring deleted items back; asks for another name where the old one is taken. */
  async restore(items: readonly LibraryItem[]): Promise<void> {
    await this._each(items, async item => {
      let restored: LibraryItem;
      try {
        restored = await clientOf(this._client, item).undelete(item.id);
      } catch (error) {
        if (!(error instanceof ConflictError)) {
          throw error;
        }
        const { askNewName } = await import('./dialogs');
        const named = await askNewName(item, this._trans, name =>
          clientOf(this._client, item).undelete(item.id, name)
        );
        if (named === null) {
          return;
        }
        restored = named;
      }
      this.model.notify({ type: 'restored', id: item.id, item: restored });
    });
  }

  /** Delete for good. */
  async purge(items: readonly LibraryItem[]): Promise<void> {
    await this._each(items, async item => {
      await clientOf(this._client, item).purge(item.id);
      this.model.notify({ type: 'deleted', id: item.id });
    });
  }

  /** Copy beside the original. */
  async duplicate(items: readonly LibraryItem[]): Promise<void> {
    await this._each(items, async item => {
      const copy = await clientOf(this._client, item).duplicate(item.id);
      this.model.notify({ type: 'created', id: copy.id, item: copy });
      this._wanted = copy.id;
    });
  }

  /** Every item on its own; one message for what failed. */
  private async _each(
    items: readonly LibraryItem[],
    act: (item: LibraryItem) => Promise<void>
  ): Promise<void> {
    const results = await Promise.allSettled(items.map(act));
    const failed = results.flatMap((result, index) =>
      result.status === 'rejected'
        ? [{ name: items[index].name, reason: result.reason as unknown }]
        : []
    );
    if (failed.length > 0) {
      const problem = describe(failed[0].reason, this._trans);
      const what =
        failed.length === 1
          ? `“${shorten(failed[0].name)}”: `
          : this._trans.__('%1 items: ', failed.length);
      Notification.emit(
        `${what}${problem.message} ${problem.detail}`,
        'error',
        {
          autoClose: false
        }
      );
    }
  }

  private _onItems(): void {
    const order = this.model.items.map(item => item.id);
    const before = this._order;
    this._order = order;
    if (this._wanted !== null && order.includes(this._wanted)) {
      this._selection = selectOne(this._wanted);
      this._wanted = null;
    } else if (this.model.status === 'ready') {
      this._selection = keep(this._selection, before, order);
    }
    if (this._renaming !== null && !order.includes(this._renaming)) {
      this._renaming = null;
    }
    if (this.model.status === 'idle') {
      this._selection = NOTHING;
    }
    this._changed.emit();
  }

  private _selection: Selection = NOTHING;
  private _order: string[] = [];
  private _renaming: string | null = null;
  private _renameProblem: string | null = null;
  private _wanted: string | null = null;
  private readonly _changed = new Signal<this, void>(this);
}

/** A name short enough for a toast. */
function shorten(name: string): string {
  const characters = Array.from(name);
  return characters.length > 60 ? `${characters.slice(0, 60).join('')}…` : name;
}
