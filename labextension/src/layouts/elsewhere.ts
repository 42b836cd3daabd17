/**
 * An open layout that is saved elsewhere: on another device, in another tab, by a program.
 */
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { NotFoundError } from '../api/errors';
import type { Layout, LayoutDocument } from '../api/models';
import type { IStreamMessage } from '../tokens';
import { sameDocument } from './document';
import type { LayoutModel } from './model';
import { documentOf } from './saving';

/** A version that this page does not go on from. */
export interface INews {
  layout: Layout;
  /** What it changed, in words; empty where that cannot be said. */
  words: string;
}

/** A version that came into the page by itself or by the person's word. */
export interface IFollowed extends INews {
  /** What the page showed before. */
  before: LayoutDocument;
}

/**
 * Notices such a save and carries out what is decided about it. The page's own saves are told of as well; they are
 * recognised because each look waits until the saves under way have been answered.
 */
export class Elsewhere implements IDisposable {
  /** @param isFollowing - whether newer versions are to be shown by themselves */
  constructor(
    readonly model: LayoutModel,
    private readonly _isFollowing: () => boolean
  ) {
    this._id = model.id;
    model.changed.connect(this._onModel, this);
  }

  /** What the person may decide about; null: nothing. */
  get news(): INews | null {
    return this._news;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get followed(): ISignal<this, IFollowed> {
    return this._followed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this.model.changed.disconnect(this._onModel, this);
      Signal.clearData(this);
    }
  }

  /** The stream said something about the library. Never rejects. */
  async hear(message: IStreamMessage): Promise<void> {
    const { id = null, resource, version } = message;
    const isAbout =
      message.type === 'missed' ||
      // The layout was read before anything was told.
      message.type === 'subscribed' ||
      (message.type === 'event' &&
        resource === 'layouts' &&
        (id === null || id === this.model.item?.id));
    if (isAbout) {
      const isSave = message.act === 'saved' || message.act === 'restored';
      await this.look(isSave && typeof version === 'number' ? version : null);
    }
  }

  /** Ask what is stored now, unless the page goes on from `version` already. Never rejects. */
  look(version: number | null = null): Promise<void> {
    return this.model.enqueue(async () => {
      const known = this._news?.layout.version ?? this.model.baseVersion;
      if (version === null || version > known) {
        await this._ask();
      }
    });
  }

  /** Show that version. What the page showed is in `followed`. */
  follow(): Promise<void> {
    return this._inTurn(() => {
      if (this._news) {
        this._adopt(this._news);
      }
    });
  }

  /** Keep what the page shows: the next save replaces that version, which stays in the history. */
  overwriteLater(): Promise<void> {
    return this._inTurn(() => {
      if (this._news) {
        goOnFrom(this.model, this._news.layout);
      }
    });
  }

  /** Say no more about that version. A save asks again, as always. */
  later(): void {
    this._dismissed = this._news?.layout.version ?? this._dismissed;
    this._set(null);
  }

  /** Once the requests under way have been answered. */
  private _inTurn(act: () => void): Promise<void> {
    return this.model.enqueue(() => Promise.resolve(act()));
  }

  private async _ask(): Promise<void> {
    const { model } = this;
    const { item, client } = model;
    if (!item || this._isDisposed) {
      return;
    }
    try {
      const layout = await client.get(item.id);
      const words =
        layout.version > model.baseVersion ? await this._wordsOf(layout) : '';
      if (!this._isDisposed) {
        this._found({ layout, words });
      }
    } catch (error) {
      if (error instanceof NotFoundError && !this._isDisposed) {
        model.enterConflict({ type: 'gone' });
        return;
      }
      // Saving finds out in any case.
      console.warn('QuantLab: a layout could not be looked up.', error);
    }
  }

  /** No waiting in here: between the look at the page and what is done about it nobody may change it. */
  private _found(news: INews): void {
    const { model } = this;
    const { layout } = news;
    if (model.conflict?.type === 'gone') {
      model.leaveConflict();
    }
    model.updateItem(layout);
    if (layout.version <= Math.max(model.baseVersion, this._dismissed)) {
      return;
    }
    if (sameDocument(documentOf(layout), model.document)) {
      // The page's own save after all, whose answer got lost; or the same change, made twice.
      adopt(model, layout);
    } else if (!model.isDirty && this._isFollowing()) {
      this._adopt(news);
    } else {
      if (model.isDirty && model.conflict?.type !== 'draft') {
        model.enterConflict({ type: 'version', current: layout });
      }
      this._set(news);
    }
  }

  private _adopt(news: INews): void {
    const before = this.model.document;
    adopt(this.model, news.layout);
    this._followed.emit({ ...news, before });
  }

  private async _wordsOf(layout: Layout): Promise<string> {
    const { client, baseVersion } = this.model;
    try {
      const diff = await client.diff(layout.id, baseVersion, layout.version);
      return diff.words ?? '';
    } catch (reason) {
      console.warn('QuantLab: versions could not be compared.', reason);
      return '';
    }
  }

  private _onModel(): void {
    const { model } = this;
    if (model.id !== this._id) {
      // It goes on as another layout, whose versions are others.
      this._id = model.id;
      this._dismissed = 0;
    }
    const { _news: news } = this;
    const isAnswered =
      news !== null &&
      (model.item?.id !== news.layout.id ||
        model.baseVersion >= news.layout.version);
    if (isAnswered) {
      this._set(null);
    } else if (news) {
      // An edit changes what can be done.
      this._changed.emit();
    }
  }

  private _set(news: INews | null): void {
    if (news !== this._news) {
      this._news = news;
      this._changed.emit();
    }
  }

  private _news: INews | null = null;
  private _dismissed = 0;
  private _id: string;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _followed = new Signal<this, IFollowed>(this);
}

/** Show what is stored, and go on from it. A draft of what the page showed says nothing new and goes. */
function adopt(model: LayoutModel, stored: Layout): void {
  const { draft, client } = model;
  const document = documentOf(stored);
  model.replace(document);
  model.versionSaved(stored, document);
  if (draft?.key === null) {
    // One that nobody has decided about stays.
    model.draft = draft;
  } else if (draft) {
    client.deleteDraft(stored.id, draft.revision).catch((reason: unknown) => {
      console.warn('QuantLab: a draft stays and will be offered.', reason);
    });
  }
}

/** What the page shows becomes an edit of what is stored: saving it replaces that, which stays a version. */
function goOnFrom(model: LayoutModel, stored: Layout): void {
  const { draft } = model;
  const base = documentOf(stored);
  model.versionSaved(stored, base);
  // Sent once more: what the service has goes on from another version.
  model.draft = draft && { ...draft, key: null };
}
