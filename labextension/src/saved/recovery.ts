/**
 * The bar that offers earlier edits: Restore, Compare, Discard.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Banners } from '../documents/banner';
import type { Draft } from '../api/models';
import type { IOffer } from './offers';
import {
  discardOffer,
  findOffers,
  keepUndecided,
  offerOf,
  restoreOffer
} from './offers';
import type { IRecoverable } from './recoverable';

const BAR = 'recovery';

export interface IRecoveryOptions<C> {
  model: IRecoverable<C>;
  banners: Banners;
  trans: TranslationBundle;
  /** Show an edit beside what the page holds; true: it is to be restored. */
  compare?: (content: C) => Promise<boolean>;
  /** An edit came back that had to be merged; places where both sides differed. */
  merged: (conflicts: number) => void | Promise<void>;
}

/** Offers what was left behind, one after the other, newest first. */
export class Recovery<C> {
  constructor(private readonly _options: IRecoveryOptions<C>) {}

  /** Look for earlier edits of the version just loaded. Never rejects. */
  async look(): Promise<void> {
    const { model } = this._options;
    try {
      this._offers = await findOffers(model);
    } catch (reason) {
      // Without an answer the next draft write finds out; nothing is overwritten unseen.
      console.warn('QuantLab: earlier edits could not be looked up.', reason);
      return;
    }
    const undecided = this._offers.find(offer => offer.source === 'server');
    model.beforeOverwriting = undecided ? () => this._keep(undecided) : null;
    model.foundDraft = async (draft: Draft) => {
      const offer = offerOf(model, draft);
      this._offers.unshift(offer);
      await this._keep(offer);
    };
    this._show();
  }

  private _show(): void {
    const offer = this._offers[0];
    const { banners, trans, compare } = this._options;
    if (!offer) {
      banners.hide(BAR);
      return;
    }
    const when = new Intl.DateTimeFormat(undefined, {
      dateStyle: 'medium',
      timeStyle: 'short'
    }).format(offer.updatedAt);
    banners.hide(BAR);
    banners.show({
      id: BAR,
      text: trans.__('There are unsaved changes of %1.', when),
      actions: [
        {
          label: trans.__('Restore'),
          caption: trans.__('Go on with these changes'),
          isPrimary: true,
          act: () => this._restore(offer)
        },
        ...(compare
          ? [
              {
                label: trans.__('Compare'),
                caption: trans.__('See what differs from the saved version'),
                act: () => this._compare(offer)
              }
            ]
          : []),
        {
          label: trans.__('Discard'),
          caption: trans.__('Throw these changes away'),
          act: () => this._discard(offer)
        }
      ]
    });
  }

  private async _restore(offer: IOffer<C>): Promise<void> {
    const { model } = this._options;
    await this._guarded(async () => {
      const { conflicts, replaced } = await restoreOffer(model, offer);
      if (replaced) {
        this._offers.push(replaced);
      }
      if (conflicts > 0) {
        await this._options.merged(conflicts);
      }
      this._done(offer);
    });
  }

  private async _compare(offer: IOffer<C>): Promise<void> {
    if (await this._options.compare?.(offer.content)) {
      await this._restore(offer);
    }
  }

  private async _discard(offer: IOffer<C>): Promise<void> {
    await this._guarded(async () => {
      await discardOffer(this._options.model, offer);
      this._done(offer);
    });
  }

  /** An edit is about to take the undecided draft's place: it moves into this browser and stays on offer. */
  private async _keep(offer: IOffer<C>): Promise<void> {
    const { model } = this._options;
    const kept = await keepUndecided(model, offer);
    model.beforeOverwriting = null;
    const index = this._offers.indexOf(offer);
    if (index >= 0) {
      this._offers[index] = kept;
      this._show();
    }
  }

  private async _guarded(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const { Notification } = await import('@jupyterlab/apputils');
      Notification.error(
        error instanceof Error ? error.message : String(error)
      );
    }
  }

  private _done(offer: IOffer<C>): void {
    this._offers = this._offers.filter(other => other !== offer);
    if (offer.source === 'server') {
      this._options.model.beforeOverwriting = null;
    }
    this._show();
  }

  private _offers: IOffer<C>[] = [];
}
