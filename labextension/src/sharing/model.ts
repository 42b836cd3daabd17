/**
 * Who has access to one saved object: read, given, changed, ended. No React, no application.
 */
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { InvalidError } from '../api/errors';
import type { PersonFound, SharedAccess, Shares } from '../api/models';
import type { SavedClient, ISavedTypes } from '../api/saved';

/** Whoever types faster than this is not done with a word. Milliseconds. */
const PAUSE = 200;

/** The calls that sharing needs. */
export type ShareCalls = Pick<
  SavedClient<ISavedTypes>,
  'shares' | 'share' | 'endShare'
>;

export interface IShareOptions {
  calls: ShareCalls;
  /** Finds people of the tenant. */
  find: (words: string, signal: AbortSignal) => Promise<PersonFound[]>;
  id: string;
  /** Called after each change. */
  changed: () => void;
}

/** The list, what is typed into the form, and what went wrong. */
export class ShareModel {
  constructor(private readonly _options: IShareOptions) {}

  /** Null until read. */
  get shares(): Shares | null {
    return this._shares;
  }

  get isOwner(): boolean {
    return this._shares?.access === 'owner';
  }

  /** Names that fit what is typed. */
  get found(): readonly PersonFound[] {
    return this._found;
  }

  get isBusy(): boolean {
    return this._isBusy;
  }

  /** What failed last; null: nothing. */
  get error(): unknown {
    return this._error;
  }

  /** The person was refused; said at the field. */
  get refusal(): string | null {
    return this._refusal;
  }

  get stateChanged(): ISignal<this, void> {
    return this._stateChanged;
  }

  /** Read who has access; true when done. Never rejects. */
  load(): Promise<boolean> {
    return this._do(async () => {
      const { calls, id } = this._options;
      this._shares = await calls.shares(id);
    });
  }

  /** Look for people once typing pauses; what was just looked for is not asked again. */
  look(words: string): void {
    clearTimeout(this._typing);
    this._refusal = null;
    if (words.trim() !== this._sought) {
      this._typing = setTimeout(() => void this.find(words), PAUSE);
    }
  }

  /** Look for people; an answer that is overtaken by more typing is dropped. Never rejects. */
  async find(words: string): Promise<void> {
    this._refusal = null;
    this._finding?.abort();
    const finding = (this._finding = new AbortController());
    const sought = words.trim();
    try {
      const found = await this._options.find(sought, finding.signal);
      if (!finding.signal.aborted) {
        this._sought = sought;
        const has = new Set(this._shares?.items.map(share => share.user_id));
        this._found = found.filter(person => !has.has(person.id));
        this._stateChanged.emit();
      }
    } catch (reason) {
      // Names can be typed without being offered.
      if (!finding.signal.aborted) {
        console.warn('QuantLab: people could not be looked up.', reason);
      }
    }
  }

  /** Give somebody access, or change it; true when done. Never rejects. */
  give(user: string, access: SharedAccess): Promise<boolean> {
    return this._change(calls => calls.share(this._options.id, user, access));
  }

  /** End somebody's access; true when done. Never rejects. */
  end(user: string): Promise<boolean> {
    return this._change(calls => calls.endShare(this._options.id, user));
  }

  /** Leave what another shares; true when done. Never rejects. */
  async leave(): Promise<boolean> {
    const { calls, id, changed } = this._options;
    const isDone = await this._do(() => calls.endShare(id));
    if (isDone) {
      changed();
    }
    return isDone;
  }

  private async _change(
    act: (calls: ShareCalls) => Promise<unknown>
  ): Promise<boolean> {
    const { calls, id, changed } = this._options;
    const isDone = await this._do(async () => {
      await act(calls);
      this._shares = await calls.shares(id);
    });
    if (isDone) {
      this._found = [];
      // Who has access is not offered: the same words now find others.
      this._sought = null;
      changed();
    }
    return isDone;
  }

  private async _do(act: () => Promise<unknown>): Promise<boolean> {
    if (this._isBusy) {
      // One thing at a time: a second press is the same one.
      return false;
    }
    this._isBusy = true;
    this._error = null;
    this._refusal = null;
    this._stateChanged.emit();
    try {
      await act();
      return true;
    } catch (error) {
      const field =
        error instanceof InvalidError
          ? error.fields.find(one => one.path === 'user')
          : undefined;
      if (field) {
        this._refusal = field.message;
      } else {
        this._error = error;
      }
      return false;
    } finally {
      this._isBusy = false;
      this._stateChanged.emit();
    }
  }

  private _shares: Shares | null = null;
  private _found: readonly PersonFound[] = [];
  private _finding: AbortController | null = null;
  private _typing: ReturnType<typeof setTimeout> | undefined;
  /** The words that `found` answers. */
  private _sought: string | null = null;
  private _isBusy = false;
  private _error: unknown = null;
  private _refusal: string | null = null;
  private readonly _stateChanged = new Signal<this, void>(this);
}
