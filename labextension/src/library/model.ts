/**
 * The library of the signed-in person: one filtered list with paging, the projects, and what changed.
 */
import { Poll } from '@lumino/polling';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { PAGE_MAX } from '../api/client';
import { isAborted } from '../api/errors';
import type { LibraryItem, Project } from '../api/models';
import type {
  IQuantLabApi,
  IQuantLabLibrary,
  IQuantLabSession,
  LibraryChange
} from '../tokens';
import { PAGE_SIZE, POLL_INTERVAL, SEARCH_DELAY } from './constants';
import type { Failure, MergedFeed } from './feed';
import type { LibraryFilter } from './filter';
import { NO_FILTER, leaves, queryOf } from './filter';
import { markOf } from './mark';
import { everything } from './sources';

/**
 * - `idle`: not asked yet
 * - `loading`: nothing to show yet
 * - `ready`: `items` is what the service said
 * - `error`: `error` says why; `items` may still hold what was there
 */
export type LibraryStatus = 'idle' | 'loading' | 'ready' | 'error';

/** What may be shown of an object before the service has said it. */
export type ShownChange = Partial<
  Pick<LibraryItem, 'name' | 'description' | 'tags' | 'project_id' | 'pinned'>
>;

/** The list behind the library panel. */
export class LibraryModel implements IQuantLabLibrary, IDisposable {
  constructor(api: IQuantLabApi, session: IQuantLabSession) {
    this._client = api.client;
    this._session = session;
    session.userChanged.connect(this._onUserChanged, this);
    this._poll = new Poll({
      auto: false,
      factory: () => this._look(),
      frequency: { interval: POLL_INTERVAL, backoff: true, max: 300_000 },
      name: '@quantlab/labextension:library',
      standby: () => (this._visible ? 'when-hidden' : true)
    });
  }

  get status(): LibraryStatus {
    return this._status;
  }

  get error(): unknown {
    return this._error;
  }

  get items(): readonly LibraryItem[] {
    return this._items;
  }

  get projects(): readonly Project[] {
    return this._projects;
  }

  get tags(): readonly string[] {
    return [...this._tags].sort((a, b) => a.localeCompare(b));
  }

  get filter(): LibraryFilter {
    return this._filter;
  }

  /** How many the service says there are, or null. */
  get total(): number | null {
    return this._total;
  }

  /** Resources that did not answer, while others did: their items are missing. */
  get failures(): readonly Failure[] {
    return this._feed?.failures ?? [];
  }

  /** There is another page. */
  get hasMore(): boolean {
    return Boolean(this._feed?.hasMore) && this._filter.view !== 'recent';
  }

  get loadingMore(): boolean {
    return this._loadingMore;
  }

  /** Why the next page did not come, or null. */
  get moreError(): unknown {
    return this._moreError;
  }

  /** Something about the objects changed. */
  get changed(): ISignal<this, LibraryChange> {
    return this._changed;
  }

  /** Anything that a view shows changed. */
  get stateChanged(): ISignal<this, void> {
    return this._stateChanged;
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  dispose(): void {
    if (!this.isDisposed) {
      clearTimeout(this._typing);
      this._poll.dispose();
      this._loading?.abort();
      Signal.clearData(this);
    }
  }

  /** A panel shows the list: load it, and look for changes from time to time. */
  setVisible(visible: boolean): void {
    if (this._visible === visible) {
      return;
    }
    this._visible = visible;
    if (visible) {
      void this.refresh();
      void this._poll.start();
    } else {
      void this._poll.stop();
    }
  }

  /** Narrow the list to words that are being typed, once the typing rests. */
  search(text: string): void {
    clearTimeout(this._typing);
    if (text.trim() === this._filter.search.trim()) {
      this._typed = {};
      return;
    }
    this._typed = { search: text };
    this._typing = setTimeout(() => void this.setFilter({}), SEARCH_DELAY);
  }

  /** Narrow the list; starts loading at once. Words that are being typed go along: one list comes, not two. */
  setFilter(change: Partial<LibraryFilter>): Promise<void> {
    clearTimeout(this._typing);
    this._filter = { ...this._filter, ...this._typed, ...change };
    this._typed = {};
    this._items = [];
    this._feed = null;
    this._total = null;
    return this._load();
  }

  async prepare(): Promise<void> {
    if (this._prepared) {
      return;
    }
    const newest = everything(this._client, {
      limit: PAGE_MAX,
      sort: '-updated_at'
    });
    const [projects, items] = await Promise.all([
      this._client.projects(),
      newest.next(PAGE_MAX)
    ]);
    this._prepared = true;
    this._projects = projects;
    this._learnTags(items);
    this._stateChanged.emit();
  }

  refresh(): Promise<void> {
    return this._load();
  }

  /** The next page. Safe to call often. */
  async loadMore(): Promise<void> {
    const feed = this._feed;
    if (
      !feed ||
      !this.hasMore ||
      this._loadingMore ||
      this._status !== 'ready'
    ) {
      return;
    }
    this._loadingMore = true;
    this._moreError = null;
    this._stateChanged.emit();
    try {
      const items = await feed.next(PAGE_SIZE);
      if (feed === this._feed) {
        const known = new Set(this._items.map(item => item.id));
        this._take(feed, [
          ...this._items,
          ...items.filter(item => !known.has(item.id))
        ]);
      }
    } catch (error) {
      // What is shown stays.
      if (feed === this._feed) {
        this._moreError = error;
      }
    } finally {
      this._loadingMore = false;
      this._stateChanged.emit();
    }
  }

  notify(change: LibraryChange): void {
    if (change.type === 'projects') {
      void this._reloadProjects();
    } else if (change.type === 'deleted' && change.id) {
      this._drop(change.id);
    } else if (change.item) {
      this._put(change.item);
    }
    this._changed.emit(change);
    if (this._visible || this._status !== 'idle') {
      void this._load();
    }
  }

  /** Show a change at once; the returned function takes it back. */
  optimistic(id: string, change: ShownChange | null): () => void {
    const feed = this._feed;
    const at = this._items.findIndex(item => item.id === id);
    const before = this._items[at] as LibraryItem | undefined;
    if (change === null) {
      this._drop(id);
    } else {
      this._items = this._items.map(item =>
        item.id === id ? { ...item, ...change } : item
      );
    }
    this._stateChanged.emit();
    return () => {
      // What was read anew meanwhile has it as it is.
      if (!before || feed !== this._feed) {
        return;
      }
      const items = this._items.filter(item => item.id !== id);
      items.splice(at, 0, before);
      this._items = items;
      this._stateChanged.emit();
    };
  }

  /** Projects by id. */
  projectName(id: string | null): string | null {
    return this._projects.find(project => project.id === id)?.name ?? null;
  }

  private async _load(): Promise<void> {
    this._loading?.abort();
    const loading = new AbortController();
    this._loading = loading;
    await this._session.ready();
    if (loading.signal.aborted) {
      return;
    }
    if (this._session.state === 'signed-out') {
      this._clear('idle');
      return;
    }
    if (this._items.length === 0) {
      this._status = 'loading';
      this._stateChanged.emit();
    }
    try {
      const limit = this._pageSize();
      const feed = everything(
        this._client,
        { ...queryOf(this._filter), limit },
        this._filter.kind
      );
      const [items, projects] = await Promise.all([
        feed.next(limit, loading.signal),
        this._client.projects(loading.signal)
      ]);
      if (loading === this._loading) {
        this._projects = projects;
        this._prepared = true;
        this._take(feed, items);
      }
    } catch (error) {
      if (loading === this._loading && !isAborted(error)) {
        this._status = 'error';
        this._error = error;
        this._stateChanged.emit();
      }
    }
  }

  /** As much as is shown already, so that a refresh does not cut a long list. */
  private _pageSize(): number {
    return Math.min(PAGE_MAX, Math.max(PAGE_SIZE, this._items.length));
  }

  /** The light poll: the newest change and the count tell whether anything happened. */
  private async _look(): Promise<string> {
    if (this._status !== 'ready' && this._status !== 'error') {
      return '';
    }
    const mark = await markOf(this._client);
    const first = this._mark === null;
    const same = this._mark === mark;
    this._mark = mark;
    if (this._status === 'error' || (!first && !same)) {
      this._changed.emit({ type: 'unknown' });
      await this._load();
    }
    return mark;
  }

  private async _reloadProjects(): Promise<void> {
    try {
      this._projects = await this._client.projects();
      this._stateChanged.emit();
    } catch (error) {
      if (!isAborted(error)) {
        this._error = error;
      }
    }
  }

  private _take(feed: MergedFeed<LibraryItem>, items: LibraryItem[]): void {
    this._items = items;
    this._feed = feed;
    this._total = feed.total;
    this._status = 'ready';
    this._error = null;
    this._moreError = null;
    this._learnTags(items);
    this._stateChanged.emit();
  }

  private _put(item: LibraryItem): void {
    if (leaves(item, this._filter)) {
      this._items = this._items.filter(other => other.id !== item.id);
    } else {
      this._items = this._items.map(other =>
        other.id === item.id ? { ...other, ...item } : other
      );
    }
    this._learnTags([item]);
    this._stateChanged.emit();
  }

  private _drop(id: string): void {
    this._items = this._items.filter(item => item.id !== id);
    this._stateChanged.emit();
  }

  private _learnTags(items: readonly LibraryItem[]): void {
    for (const item of items) {
      for (const tag of item.tags) {
        this._tags.add(tag);
      }
    }
  }

  private _onUserChanged(): void {
    // Nothing of the person before may stay on the screen.
    this._clear('idle');
    if (this._visible) {
      void this._load();
    }
  }

  private _clear(status: LibraryStatus): void {
    this._items = [];
    this._projects = [];
    this._tags.clear();
    this._feed = null;
    this._total = null;
    this._error = null;
    this._mark = null;
    this._prepared = false;
    this._status = status;
    clearTimeout(this._typing);
    this._typed = {};
    this._filter = { ...NO_FILTER, sort: this._filter.sort };
    this._stateChanged.emit();
  }

  private readonly _client: IQuantLabApi['client'];
  private readonly _session: IQuantLabSession;
  private readonly _poll: Poll<string>;
  private readonly _tags = new Set<string>();
  private _status: LibraryStatus = 'idle';
  private _error: unknown = null;
  private _items: LibraryItem[] = [];
  private _projects: Project[] = [];
  private _filter: LibraryFilter = NO_FILTER;
  /** Words that were typed and are not in the filter yet. */
  private _typed: Partial<LibraryFilter> = {};
  private _typing: ReturnType<typeof setTimeout> | undefined;
  private _feed: MergedFeed<LibraryItem> | null = null;
  private _total: number | null = null;
  private _loadingMore = false;
  private _moreError: unknown = null;
  private _visible = false;
  private _prepared = false;
  private _loading: AbortController | null = null;
  private _mark: string | null = null;
  private readonly _changed = new Signal<this, LibraryChange>(this);
  private readonly _stateChanged = new Signal<this, void>(this);
}
