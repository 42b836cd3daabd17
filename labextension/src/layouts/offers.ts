/**
 * Edits of an earlier time, offered in the tab of their layout.
 */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Banners } from '../documents/banner';
import { compareEdits } from '../saved/compare';
import { Recovery } from '../saved/recovery';
import { documentText, inWords } from './document';
import type { LayoutModel } from './model';

/** Offer earlier edits of the layout that a tab shows: now, and when it goes on as another one. */
export function offerEarlier(
  model: LayoutModel,
  banners: Banners,
  trans: TranslationBundle
): void {
  const recovery = new Recovery({
    model,
    banners,
    trans,
    compare: edits =>
      compareEdits({
        name: model.item?.name ?? '',
        shown: {
          title: trans.__('Shown now: %1', inWords(model.document, trans)),
          text: documentText(model.document)
        },
        edits: {
          title: trans.__('Unsaved changes: %1', inWords(edits, trans)),
          text: documentText(edits)
        },
        trans
      }),
    merged: places => {
      Notification.info(
        trans._n(
          'Restored and merged with the current version; your side was taken in %1 place.',
          'Restored and merged with the current version; your side was taken in %1 places.',
          places
        ),
        { autoClose: 6000 }
      );
    }
  });
  let shown: string | null = null;
  const look = (): void => {
    if (model.item && model.item.id !== shown) {
      shown = model.item.id;
      if (model.item.access !== 'view') {
        model.knowsDraft = recovery.look();
      }
    }
  };
  model.changed.connect(look);
  look();
}
