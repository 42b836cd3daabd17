/**
 * Whose layouts the page shows. When another person takes over, nothing of the one before stays on it: their tabs
 * close, and what no server has waits in this browser until they are back.
 */
import type { WidgetTracker } from '@jupyterlab/apputils';

import type { LayoutDocument, User } from '../api/models';
import { draftScope, takeLocalDrafts } from '../saved/localDrafts';
import { keepOffer, pageAsOffer } from '../saved/offers';
import type { IQuantLabSession } from '../tokens';
import type { LayoutTab } from './tab';

/** Whose a tab is. */
export interface IOwner {
  /** A person's id, or {@link NOBODY}. */
  id: string;
}

/** Stands for a person where nobody is signed in. */
const NOBODY = 'nobody';

export interface IPeopleOptions {
  session: IQuantLabSession | null;
  /** The service's address: ids are of one service. */
  server: string;
  tracker: WidgetTracker<LayoutTab>;
  /** Show a layout that was never saved and that its person left open. */
  bring: (document: LayoutDocument) => Promise<void>;
}

/** Keeps people's layouts apart. Lives as long as the page. */
export class People {
  constructor(private readonly _options: IPeopleOptions) {
    const { session } = _options;
    this._noteLocal(session?.user ?? null);
    session?.userChanged.connect((_, user) => this._onUser(user));
    void this._bringBack();
  }

  /** Who is here, once that is known. */
  async here(): Promise<IOwner> {
    await this._options.session?.ready();
    return { id: this._now };
  }

  /** What the service says to whoever is here, and who that is; null: another person took over meanwhile. */
  async ask<T>(what: () => Promise<T>): Promise<[T, IOwner] | null> {
    const before = this._now;
    const answer = await what();
    const owner = await this.here();
    return before === NOBODY || before === owner.id ? [answer, owner] : null;
  }

  /** Whether something of that person may be shown: also while it is not known who is here. */
  async isHere(id: string): Promise<boolean> {
    const { session } = this._options;
    await session?.ready();
    const isKnown =
      session?.state === 'signed-in' || session?.state === 'signed-out';
    return !isKnown || id === NOBODY || id === this._now;
  }

  /** Where this browser keeps edits of a person's layout; of a new one its id is empty. */
  scope(owner: IOwner, id: string): string {
    return draftScope(owner.id, this._options.server, id);
  }

  private get _now(): string {
    return this._options.session?.user?.id ?? NOBODY;
  }

  private _onUser(user: User | null): void {
    if (!user && this._options.session?.ended) {
      // It ran out: most likely the same person signs in again, with changes on the screen.
      return;
    }
    const tabs: LayoutTab[] = [];
    this._options.tracker.forEach(tab => tabs.push(tab));
    for (const tab of tabs) {
      const { owner, content } = tab;
      const isNobodys = owner.id === NOBODY || owner.id === this._local;
      if (owner.id === (user?.id ?? NOBODY)) {
        continue;
      }
      if (isNobodys && !content.model.item && (user ?? owner.id === NOBODY)) {
        // Who signs in to save what they have begun takes it along.
        owner.id = user?.id ?? NOBODY;
        continue;
      }
      this._putAway(tab);
    }
    this._noteLocal(user);
    void this._bringBack();
  }

  private _noteLocal(user: User | null): void {
    if (user?.is_local) {
      this._local = user.id;
    }
  }

  private _putAway(tab: LayoutTab): void {
    const { model } = tab.content;
    const offer = model.isSafe ? null : pageAsOffer(model);
    tab.dispose();
    if (offer) {
      keepOffer(offer).catch((reason: unknown) => {
        console.warn('QuantLab: this browser could not keep an edit.', reason);
      });
    }
  }

  /** Edits of saved layouts are offered when these are opened; new ones have no other place to come back to. */
  private async _bringBack(): Promise<void> {
    const owner = await this.here();
    if (owner.id === NOBODY) {
      return;
    }
    try {
      for (const left of await takeLocalDrafts(this.scope(owner, ''))) {
        await this._options.bring(left.content as LayoutDocument);
      }
    } catch (reason) {
      console.warn('QuantLab: new layouts could not be brought back.', reason);
    }
  }

  private _local: string | null = null;
}
