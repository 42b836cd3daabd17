/**
 * Finding something saved: words in, a page of matches out, and a look at the one in hand.
 */
import { Debouncer } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { isAborted } from '../api/errors';
import type { LayoutItem, Page, SavedQuery } from '../api/models';

const SEARCH_DELAY = 150;
const SHOWN = 50;

/** What every match says of itself. */
export type Match = Pick<
  LayoutItem,
  | 'id'
  | 'version'
  | 'name'
  | 'description'
  | 'tags'
  | 'updated_at'
  | 'opened_at'
  | 'thumbnail_version'
  | 'owner_name'
>;

/** What is searched: one resource of saved objects. */
export interface ISearched<I extends Match, W> {
  list(query: SavedQuery, signal?: AbortSignal): Promise<Page<I>>;
  get(id: string, signal?: AbortSignal): Promise<W>;
}

/** A search with a preview of the active match. */
export class FinderModel<I extends Match, W extends { version: number }> {
  constructor(private readonly _searched: ISearched<I, W>) {
    this._debouncer = new Debouncer(() => this.search(), SEARCH_DELAY);
  }

  /** Words to look for. */
  query = '';
  /** Look among what others share, not among one's own. */
  isShared = false;
  items: I[] = [];
  /** `error` says why there are no items. */
  status: 'loading' | 'ready' | 'error' = 'loading';
  error: unknown = null;
  active: I | null = null;
  /** The active match with its content, or null while it is on its way. */
  preview: W | null = null;
  previewError: unknown = null;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  dispose(): void {
    this._debouncer.dispose();
    this._searching?.abort();
    this._looking?.abort();
    Signal.clearData(this);
  }

  setQuery(query: string): void {
    this.query = query;
    this._changed.emit();
    // Rejects when later typing overtakes it.
    this._debouncer.invoke().catch(() => undefined);
  }

  /** Own things, or those that others share. */
  setShared(isShared: boolean): void {
    if (isShared !== this.isShared) {
      this.isShared = isShared;
      this.items = [];
      this.activate(null);
      void this.search();
    }
  }

  async search(): Promise<void> {
    this._searching?.abort();
    const searching = new AbortController();
    this._searching = searching;
    this.status = 'loading';
    this._changed.emit();
    try {
      const page = await this._searched.list(
        {
          q: this.query.trim() || undefined,
          shared: this.isShared || undefined,
          sort: '-used_at',
          limit: SHOWN
        },
        searching.signal
      );
      this.items = page.items;
      this.status = 'ready';
      this.error = null;
      const still = page.items.find(item => item.id === this.active?.id);
      this.activate(still ?? page.items[0] ?? null);
    } catch (error) {
      if (!isAborted(error)) {
        this.status = 'error';
        this.error = error;
      }
    }
    this._changed.emit();
  }

  /** Go to the match `by` places away. */
  step(by: number): void {
    const at = this.items.findIndex(item => item.id === this.active?.id);
    const next = Math.max(0, Math.min(this.items.length - 1, at + by));
    this.activate(this.items[next] ?? null);
  }

  /** Look at one match. */
  activate(item: I | null): void {
    const same =
      item?.id === this.active?.id && item?.version === this.preview?.version;
    this.active = item;
    if (!same) {
      this.preview = null;
      this.previewError = null;
      this._looking?.abort();
      if (item) {
        void this._look(item.id);
      }
    }
    this._changed.emit();
  }

  /** Ask for the preview again. */
  lookAgain(): void {
    this.previewError = null;
    if (this.active) {
      void this._look(this.active.id);
    }
    this._changed.emit();
  }

  private async _look(id: string): Promise<void> {
    const looking = new AbortController();
    this._looking = looking;
    try {
      const whole = await this._searched.get(id, looking.signal);
      if (looking === this._looking) {
        this.preview = whole;
      }
    } catch (error) {
      if (looking === this._looking && !isAborted(error)) {
        this.previewError = error;
      }
    }
    this._changed.emit();
  }

  private _searching: AbortController | null = null;
  private _looking: AbortController | null = null;
  private readonly _debouncer: Debouncer;
  private readonly _changed = new Signal<this, void>(this);
}
