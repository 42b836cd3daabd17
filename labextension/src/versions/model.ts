/**
 * The history of one workflow or layout: its versions, what changed between two of them, and going back.
 */
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { QuantLabClient } from '../api/client';
import { ConflictError, StaleError, isAborted } from '../api/errors';
import type {
  Layout,
  LayoutDocument,
  LibraryItem,
  VersionDiff,
  VersionInfo,
  Workflow,
  WorkflowCreate
} from '../api/models';
import type { Resource } from '../library/sources';

/** How many names are tried for a copy. */
const NAME_TRIES = 20;

/** The versions of an object and the two that are compared. */
export class VersionsModel {
  constructor(
    private readonly _client: QuantLabClient,
    /** The object's id. */
    readonly id: string,
    readonly resource: Resource
  ) {
    this._saved = _client[resource];
  }

  item: LibraryItem | null = null;
  versions: VersionInfo[] = [];
  status: 'loading' | 'ready' | 'error' = 'loading';
  error: unknown = null;
  /** The older side of the comparison, or null. */
  from: number | null = null;
  /** The newer side. */
  to: number | null = null;
  diff: VersionDiff | null = null;
  diffError: unknown = null;
  /** The document of a layout's version that is shown by itself; null otherwise. */
  document: LayoutDocument | null = null;
  busy = false;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get hasMore(): boolean {
    return this._cursor !== null;
  }

  dispose(): void {
    this._comparing?.abort();
    Signal.clearData(this);
  }

  /** Load the object and the newest versions; the comparison stays where it is if it still can. */
  async load(): Promise<void> {
    try {
      const [item, page] = await Promise.all([
        this._saved.get(this.id),
        this._saved.versions(this.id)
      ]);
      this.item = item;
      this.versions = page.items;
      this._cursor = page.next_cursor;
      this.status = 'ready';
      this.error = null;
      if (this.to === null || !this.has(this.to)) {
        this.show(page.items[0]?.version ?? null);
      }
    } catch (error) {
      this.status = 'error';
      this.error = error;
    }
    this._changed.emit();
  }

  async loadMore(): Promise<void> {
    if (this._cursor === null || this.busy) {
      return;
    }
    await this._work(async () => {
      const page = await this._saved.versions(this.id, {
        cursor: this._cursor ?? undefined
      });
      this.versions = [...this.versions, ...page.items];
      this._cursor = page.next_cursor;
    });
  }

  /** A version that is loaded. */
  has(version: number): boolean {
    return this.versions.some(info => info.version === version);
  }

  /** Compare a version with the one before it. */
  show(version: number | null): void {
    if (version === null) {
      this.compare(null, null);
      return;
    }
    const older = this.versions.find(info => info.version < version);
    this.compare(older?.version ?? null, version);
  }

  /** Compare two versions. */
  compare(from: number | null, to: number | null): void {
    this.from = from;
    this.to = to;
    this.diff = null;
    this.diffError = null;
    this._comparing?.abort();
    if (to !== null) {
      void this._compare(from ?? to, to);
    }
    this._changed.emit();
  }

  /** Ask for the comparison again. */
  compareAgain(): void {
    this.compare(this.from, this.to);
  }

  /**
   * Make an old version the current one. It becomes a new version, so nothing is lost.
   *
   * @returns the object now, and the version that was current before (to go back to).
   */
  async restore(
    version: number
  ): Promise<{ item: Workflow | Layout; before: number }> {
    const before = this.item?.version ?? this.versions[0].version;
    try {
      const item = await this._saved.restore(this.id, version, before);
      this.to = null;
      await this.load();
      return { item, before };
    } catch (error) {
      if (error instanceof StaleError) {
        // Someone saved meanwhile: show what is there now, and let the person decide again.
        await this.load();
      }
      throw error;
    }
  }

  /**
   * Save an old version of a workflow as one of its own, under a free name.
   *
   * @param name - the name to start from
   * @param me - who makes the copy: only what this person wrote alone counts as authored
   */
  async copy(
    version: number,
    name: string,
    me: string | null
  ): Promise<Workflow> {
    const { workflows } = this._client;
    const old = await workflows.version(this.id, version);
    const body: WorkflowCreate = {
      name,
      description: old.description,
      tags: old.tags,
      project_id: old.access === 'owner' ? old.project_id : null,
      origin: this.isOwnWork(version, me) ? 'authored' : 'imported',
      ...(old.kind === 'python'
        ? { code: old.code ?? '' }
        : { notebook: old.notebook })
    };
    for (let attempt = 1; ; attempt++) {
      try {
        return await workflows.create(
          attempt === 1 ? body : { ...body, name: `${name} ${attempt}` }
        );
      } catch (error) {
        if (!(error instanceof ConflictError) || attempt === NAME_TRIES) {
          throw error;
        }
      }
    }
  }

  /** True when every version up to this one is known and was written by this person. */
  isOwnWork(version: number, me: string | null): boolean {
    const lowest = this.versions[this.versions.length - 1]?.version;
    return (
      me !== null &&
      lowest === 1 &&
      this.versions
        .filter(info => info.version <= version)
        .every(info => info.author_id === me && info.source !== 'import')
    );
  }

  /** A layout's version as it was. Rejects as the client does. */
  async documentOf(version: number): Promise<LayoutDocument> {
    const layout = await this._client.layouts.version(this.id, version);
    return layout.document;
  }

  private async _compare(from: number, to: number): Promise<void> {
    const comparing = new AbortController();
    this._comparing = comparing;
    try {
      // The words of one version by itself are read from its document.
      const whole =
        from === to && this.resource === 'layouts'
          ? await this._client.layouts.version(this.id, to, comparing.signal)
          : null;
      const diff = await this._saved.diff(this.id, from, to, comparing.signal);
      if (comparing === this._comparing) {
        this.diff = diff;
        this.document = whole?.document ?? null;
      }
    } catch (error) {
      if (comparing === this._comparing && !isAborted(error)) {
        this.diffError = error;
      }
    }
    this._changed.emit();
  }

  private async _work(act: () => Promise<void>): Promise<void> {
    this.busy = true;
    this._changed.emit();
    try {
      await act();
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
      this._changed.emit();
    }
  }

  private readonly _saved: QuantLabClient[Resource];
  private _cursor: string | null = null;
  private _comparing: AbortController | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
