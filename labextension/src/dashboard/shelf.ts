/**
 * One list of cards: loads, keeps what it shows while it loads again, and brings more.
 */
import { PAGE_MAX } from '../api/client';
import { isAborted } from '../api/errors';
import type { LibraryItem } from '../api/models';
import type { Failure, MergedFeed } from '../library/feed';

/**
 * - `idle`: not asked yet
 * - `loading`: nothing to show yet
 * - `ready`: `items` is what the service said
 * - `error`: `error` says why; `items` may still hold what was there
 */
export type ShelfStatus = 'idle' | 'loading' | 'ready' | 'error';

/** The list. `changed` is called after every change. */
export class Shelf {
  constructor(
    private readonly _size: number,
    private readonly _changed: () => void
  ) {}

  items: readonly LibraryItem[] = [];
  status: ShelfStatus = 'idle';
  error: unknown = null;
  loadingMore = false;
  /** Why no more came, or null. */
  moreError: unknown = null;

  get hasMore(): boolean {
    return Boolean(this._feed?.hasMore);
  }

  /** How many there are in all, or null. */
  get total(): number | null {
    return this._feed?.total ?? null;
  }

  /** Resources that did not answer, while others did. */
  get failures(): readonly Failure[] {
    return this._feed?.failures ?? [];
  }

  /** Show another list, from its start. Never rejects. */
  async load(feed: MergedFeed<LibraryItem>): Promise<void> {
    this._loading?.abort();
    const loading = new AbortController();
    this._loading = loading;
    if (this.status !== 'ready' && this.items.length === 0) {
      this.status = 'loading';
      this._changed();
    }
    // As much as is shown, so that loading again does not take cards away.
    const count = Math.min(PAGE_MAX, Math.max(this._size, this.items.length));
    try {
      const items = await feed.next(count, loading.signal);
      if (loading === this._loading) {
        this._feed = feed;
        this.items = items;
        this.status = 'ready';
        this.error = null;
        this.moreError = null;
        this._changed();
      }
    } catch (error) {
      if (loading === this._loading && !isAborted(error)) {
        this.status = 'error';
        this.error = error;
        this._changed();
      }
    }
  }

  /** Bring as many again. Never rejects. */
  async more(): Promise<void> {
    const feed = this._feed;
    if (!feed?.hasMore || this.loadingMore) {
      return;
    }
    this.loadingMore = true;
    this.moreError = null;
    this._changed();
    try {
      const items = await feed.next(this._size);
      if (feed === this._feed) {
        this.items = [...this.items, ...items];
      }
    } catch (error) {
      if (feed === this._feed) {
        this.moreError = error;
      }
    }
    this.loadingMore = false;
    this._changed();
  }

  /** Show nothing, and drop what is on its way. */
  clear(): void {
    this._loading?.abort();
    this._loading = null;
    this._feed = null;
    this.items = [];
    this.status = 'idle';
    this.error = null;
    this.moreError = null;
    this._changed();
  }

  private _feed: MergedFeed<LibraryItem> | null = null;
  private _loading: AbortController | null = null;
}
