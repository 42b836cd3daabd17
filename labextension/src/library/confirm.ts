/**
 * The one question of the library that cannot be undone.
 */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { LibraryItem } from '../api/models';

/** True when the person really wants to delete for good. */
export async function confirmPurge(
  items: readonly LibraryItem[],
  trans: TranslationBundle
): Promise<boolean> {
  const result = await showDialog({
    title: trans.__('Delete forever?'),
    body:
      items.length === 1
        ? trans.__(
            '“%1” and all its versions will be gone. This cannot be undone.',
            items[0].name
          )
        : trans.__(
            '%1 items and all their versions will be gone. This cannot be undone.',
            items.length
          ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Delete forever') })
    ],
    defaultButton: 0
  });
  return result.button.accept;
}
