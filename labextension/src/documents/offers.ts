/**
 * Earlier edits of a workflow, put beside what its document holds.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { Recovery } from '../saved/recovery';
import type { Banners } from './banner';
import { mySide } from './conflicts';
import type { WorkflowContent } from './content';
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
      compare: content => compare(model, content, trans),
      merged: async conflicts => {
        const { sayMerged } = await import('./conflictDialog');
        sayMerged(conflicts, trans);
      }
    }).look();
  }
}

async function compare(
  model: DocumentModel,
  content: WorkflowContent,
  trans: TranslationBundle
): Promise<boolean> {
  const [{ Dialog }, { SideBySide }] = await Promise.all([
    import('@jupyterlab/apputils'),
    import('./sideBySide')
  ]);
  const dialog = new Dialog({
    title: trans.__('Unsaved changes of “%1”', model.item.name),
    body: new SideBySide(
      { title: trans.__('Shown now'), text: asText(mySide(model)) },
      { title: trans.__('Unsaved changes'), text: asText(content) }
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Close') }),
      Dialog.okButton({ label: trans.__('Restore') })
    ],
    hasClose: true
  });
  dialog.addClass('jp-QuantLab-Conflict');
  const result = await dialog.launch();
  return result.button.accept;
}
