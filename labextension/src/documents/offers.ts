/**
 * Earlier edits of a workflow, put beside what its document holds.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { compareEdits } from '../saved/compare';
import { Recovery } from '../saved/recovery';
import type { Banners } from './banner';
import { mySide } from './conflicts';
import { asText } from './content';
import type { DocumentModel } from './model';

/** Look for earlier edits of the version just loaded, and offer them. Never rejects. */
export async function offerEdits(
  model: DocumentModel,
  banners: Banners,
  trans: TranslationBundle
): Promise<void> {
  if (model.item.access !== 'view') {
    await new Recovery({
      model,
      banners,
      trans,
      compare: content =>
        compareEdits({
          name: model.item.name,
          shown: { title: trans.__('Shown now'), text: asText(mySide(model)) },
          edits: { title: trans.__('Unsaved changes'), text: asText(content) },
          trans
        }),
      merged: async conflicts => {
        const { sayMerged } = await import('./conflictDialog');
        sayMerged(conflicts, trans);
      }
    }).look();
  }
}
