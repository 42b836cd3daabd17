/**
 * Earlier edits beside what the page shows. What draws it is loaded when it is first asked for.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ISide } from '../documents/sideBySide';

/** Show both; true: the edits are to be restored. */
export async function compareEdits(options: {
  name: string;
  shown: ISide;
  edits: ISide;
  trans: TranslationBundle;
}): Promise<boolean> {
  const { name, shown, edits, trans } = options;
  const [{ Dialog }, { SideBySide }] = await Promise.all([
    import('@jupyterlab/apputils'),
    import('../documents/sideBySide')
  ]);
  const dialog = new Dialog({
    title: trans.__('Unsaved changes of “%1”', name),
    body: new SideBySide(shown, edits),
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
