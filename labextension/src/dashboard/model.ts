/**
 * The home of what was saved: recent, pinned, projects, tags, and a search over everything.
 */
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { QuantLabClient } from '../api/client';
import type { LibraryItem, Project } from '../api/models';
import { SEARCH_DELAY } from '../library/constants';
import { clientOf, everything } from '../library/sources';
import type { IQuantLabLibrary, IQuantLabSession } from '../tokens';
import { FOUND_SIZE, SHELF_SIZE } from './ids';
import { Shelf } from './shelf';

/** What the page is narrowed to; empty members do not narrow. */
export type Narrowing = {
  search: string;
  /** A project's id. */
  project: string;
  tag: string;
};

const EVERYTHING: Narrowing = { search: '', project: '', tag: '' };

/** The state of the page. */
export class DashboardModel implements IDisposable {
  constructor(
    readonly client: QuantLabClient,
    private readonly _session: IQuantLabSession,
    private readonly _library: IQuantLabLibrary
  ) {
    const changed = (): void => this._changed.emit();
    this.recent = new Shelf(SHELF_SIZE, changed);
    this.pinned = new Shelf(SHELF_SIZE, changed);
    this.shared = new Shelf(SHELF_SIZE, changed);
    this.found = new Shelf(FOUND_SIZE, changed);
    _library.changed.connect(this._onLibrary, this);
    _session.userChanged.connect(this._onUser, this);
  }

  readonly recent: Shelf;
  readonly pinned: Shelf;
  /** What others share with the person. */
  readonly shared: Shelf;
  /** What the search, the project or the tag gave. */
  readonly found: Shelf;
  /** Projects; null until they came. */
  projects: readonly Project[] | null = null;
  /** Why the projects did not come, or null. */
  projectsError: unknown = null;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get narrowing(): Narrowing {
    return this._narrowing;
  }

  /** The page shows what was found instead of its sections. */
  get isNarrowed(): boolean {
    const { search, project, tag } = this._narrowing;
    return search.trim() !== '' || project !== '' || tag !== '';
  }

  /** Nothing is saved at all. */
  get isEmpty(): boolean {
    const { status, items, failures } = this.recent;
    return status === 'ready' && items.length === 0 && failures.length === 0;
  }

  /** Tags seen so far, in alphabetical order. */
  get tags(): string[] {
    const shown = [...this.recent.items, ...this.pinned.items];
    const tags = new Set([
      ...this._library.tags,
      ...shown.flatMap(item => item.tags)
    ]);
    return [...tags].sort((a, b) => a.localeCompare(b));
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this._typing);
    this._library.changed.disconnect(this._onLibrary, this);
    this._session.userChanged.disconnect(this._onUser, this);
    Signal.clearData(this);
  }

  projectName(id: string | null): string | null {
    return this.projects?.find(project => project.id === id)?.name ?? null;
  }

  /** The page is looked at: load it. What changes while it is hidden is seen then. */
  setVisible(visible: boolean): void {
    this._visible = visible;
    if (visible) {
      void this.load();
    }
  }

  /** Ask for everything that the page shows. Never rejects: sections show what failed. */
  async load(): Promise<void> {
    await this._session.ready();
    if (this._isDisposed) {
      return;
    }
    if (this._session.state === 'signed-out') {
      this._clear();
      return;
    }
    const newest = { sort: '-used_at', limit: SHELF_SIZE } as const;
    await Promise.all([
      this.recent.load(everything(this.client, newest)),
      this.pinned.load(everything(this.client, { ...newest, pinned: true })),
      this.shared.load(everything(this.client, { ...newest, shared: true })),
      this._loadProjects(),
      this.isNarrowed ? this._find() : null
    ]);
  }

  /** Look for words, once the typing rests. */
  search(text: string): void {
    clearTimeout(this._typing);
    this._narrowing = { ...this._narrowing, search: text };
    this._changed.emit();
    this._typing = setTimeout(() => void this._find(), SEARCH_DELAY);
  }

  /** Show one project or one tag; words that were typed stay. */
  narrow(change: Partial<Narrowing>): void {
    clearTimeout(this._typing);
    this._narrowing = { ...this._narrowing, ...change };
    this.found.clear();
    void this._find();
  }

  /** Back to the sections. */
  widen(): void {
    this.narrow(EVERYTHING);
  }

  /** Pin, or take the pin away. Rejects as the client does. */
  async pin(item: LibraryItem, pinned: boolean): Promise<void> {
    const changed = await clientOf(this.client, item).patch(item.id, {
      pinned
    });
    this._library.notify({ type: 'updated', id: item.id, item: changed });
  }

  private async _find(): Promise<void> {
    if (!this.isNarrowed) {
      this.found.clear();
      return;
    }
    const { search, project, tag } = this._narrowing;
    await this.found.load(
      everything(this.client, {
        q: search.trim() || undefined,
        project: project || undefined,
        tag: tag || undefined,
        sort: '-used_at',
        limit: FOUND_SIZE,
        count: true
      })
    );
  }

  private async _loadProjects(): Promise<void> {
    try {
      const [projects] = await Promise.all([
        this.client.projects(),
        // For the tags of what is not on this page.
        this._library.prepare()
      ]);
      this.projects = projects;
      this.projectsError = null;
    } catch (error) {
      this.projectsError = error;
    }
    this._changed.emit();
  }

  private _onLibrary(): void {
    if (this._visible) {
      void this.load();
    }
  }

  private _onUser(): void {
    // Nothing of the person before may stay on the screen.
    this._clear();
    this._onLibrary();
  }

  private _clear(): void {
    clearTimeout(this._typing);
    this._narrowing = EVERYTHING;
    this.projects = null;
    this.projectsError = null;
    for (const shelf of [this.recent, this.pinned, this.shared, this.found]) {
      shelf.clear();
    }
  }

  private _narrowing: Narrowing = EVERYTHING;
  private _typing: ReturnType<typeof setTimeout> | undefined;
  private _visible = false;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}
