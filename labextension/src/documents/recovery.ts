/**
 * The bar that offers earlier edits: Restore, Compare, Discard.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Banners } from './banner';
import { asText } from './content';
import type { IOffer } from './offers';
import {
  discardOffer,
  findOffers,
  keepUndecided,
  offerOf,
  restoreOffer
} from './offers';
import { mySide } from './conflicts';
import type { OpenDocument } from './openDocument';

const BAR = 'recovery';

/** Offers what was left behind, one after the other, newest first. */
export class Recovery {
  constructor(
    private readonly _document: OpenDocument,
    private readonly _banners: Banners,
    private readonly _trans: TranslationBundle
  ) {}

  /** Look for earlier edits of the version just loaded. Never rejects. */
  async look(): Promise<void> {
    const { model } = this._document;
    if (!model || model.item.access === 'view') {
      return;
    }
    try {
      this._offers = await findOffers(model);
    } catch (reason) {
      // Without an answer the next draft write finds out; nothing is overwritten unseen.
      console.warn('QuantLab: earlier edits could not be looked up.', reason);
      return;
    }
    const undecided = this._offers.find(offer => offer.source === 'server');
    model.beforeOverwriting = undecided ? () => this._keep(undecided) : null;
    model.foundDraft = async draft => {
      const offer = offerOf(draft);
      this._offers.unshift(offer);
      await this._keep(offer);
    };
    this._show();
  }

  private _show(): void {
    const offer = this._offers[0];
    if (!offer || this._document.isDisposed) {
      this._banners.hide(BAR);
      return;
    }
    const trans = this._trans;
    const when = new Intl.DateTimeFormat(undefined, {
      dateStyle: 'medium',
      timeStyle: 'short'
    }).format(offer.updatedAt);
    this._banners.hide(BAR);
    this._banners.show({
      id: BAR,
      text: trans.__('There are unsaved changes of %1.', when),
      actions: [
        {
          label: trans.__('Restore'),
          caption: trans.__('Go on with these changes'),
          isPrimary: true,
          act: () => this._restore(offer)
        },
        {
          label: trans.__('Compare'),
          caption: trans.__('See what differs from the saved version'),
          act: () => this._compare(offer)
        },
        {
          label: trans.__('Discard'),
          caption: trans.__('Throw these changes away'),
          act: () => this._discard(offer)
        }
      ]
    });
  }

  private async _restore(offer: IOffer): Promise<void> {
    const { model } = this._document;
    if (!model) {
      return;
    }
    await this._guarded(async () => {
      const { conflicts, replaced } = await restoreOffer(model, offer);
      if (replaced) {
        this._offers.push(replaced);
      }
      if (conflicts > 0) {
        const { sayMerged } = await import('./conflictDialog');
        sayMerged(conflicts, this._trans);
      }
      this._done(offer);
    });
  }

  private async _compare(offer: IOffer): Promise<void> {
    const { model } = this._document;
    if (!model) {
      return;
    }
    const [{ Dialog }, { SideBySide }] = await Promise.all([
      import('@jupyterlab/apputils'),
      import('./sideBySide')
    ]);
    const trans = this._trans;
    const dialog = new Dialog({
      title: trans.__('Unsaved changes of “%1”', model.item.name),
      body: new SideBySide(
        { title: trans.__('Shown now'), text: asText(mySide(model)) },
        { title: trans.__('Unsaved changes'), text: asText(offer.content) }
      ),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Close') }),
        Dialog.okButton({ label: trans.__('Restore') })
      ],
      hasClose: true
    });
    dialog.addClass('jp-QuantLab-Conflict');
    const result = await dialog.launch();
    if (result.button.accept) {
      await this._restore(offer);
    }
  }

  private async _discard(offer: IOffer): Promise<void> {
    const { model } = this._document;
    if (model) {
      await this._guarded(async () => {
        await discardOffer(model, offer);
        this._done(offer);
      });
    }
  }

  /** An edit is about to take the undecided draft's place: it moves into this browser and stays on offer. */
  private async _keep(offer: IOffer): Promise<void> {
    const { model } = this._document;
    if (!model) {
      return;
    }
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

  private _done(offer: IOffer): void {
    const { model } = this._document;
    this._offers = this._offers.filter(other => other !== offer);
    if (model && offer.source === 'server') {
      model.beforeOverwriting = null;
    }
    this._show();
  }

  private _offers: IOffer[] = [];
}
