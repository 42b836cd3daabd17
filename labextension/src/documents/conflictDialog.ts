/**
 * What the person sees when a save is stale: both sides, and what can be done. Loaded when first needed.
 */
import { Dialog, Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Workflow } from '../api/models';
import { merge, mySide, otherSide, overwrite, saveCopy } from './conflicts';
import { asText } from './content';
import type { Conflict } from './saving';
import type { OpenDocument } from './openDocument';
import { SideBySide } from './sideBySide';

/** What the dialog may start besides acting on the document. */
export interface IConflictActs {
  /** Opens the copy; the conflicting document goes back to what is stored. */
  openCopy(copy: Workflow, from: OpenDocument): Promise<void>;
}

type Choice = 'cancel' | 'copy' | 'overwrite' | 'merge';

/** Asks, and does what the person chose. True: the save went on. */
export async function resolveConflict(
  document: OpenDocument,
  acts: IConflictActs,
  trans: TranslationBundle
): Promise<boolean> {
  const { model } = document;
  if (!model?.conflict) {
    return true;
  }
  const choice = await ask(document, model.conflict, trans);
  try {
    switch (choice) {
      case 'merge': {
        const { conflicts } = await merge(model);
        sayMerged(conflicts, trans);
        return true;
      }
      case 'overwrite':
        await overwrite(model);
        Notification.success(
          trans.__('Saved. What it replaced is in the version history.'),
          { autoClose: 4000 }
        );
        return true;
      case 'copy':
        await acts.openCopy(await saveCopy(model), document);
        return false;
      default:
        return false;
    }
  } catch (error) {
    Notification.error(
      trans.__(
        'Not saved: %1 Your edit is kept.',
        error instanceof Error ? error.message : String(error)
      ),
      { autoClose: false }
    );
    return false;
  }
}

async function ask(
  document: OpenDocument,
  conflict: Conflict,
  trans: TranslationBundle
): Promise<Choice> {
  const model = document.model!;
  const other = otherSide(model);
  const button = (
    label: string,
    action: Choice,
    displayType: 'default' | 'warn' = 'default',
    caption = ''
  ) =>
    Dialog.createButton({
      label,
      caption,
      actions: [action],
      displayType,
      accept: action !== 'cancel'
    });
  const buttons = [
    Dialog.cancelButton({ label: trans.__('Keep editing') }),
    button(
      trans.__('Save as copy'),
      'copy',
      'default',
      trans.__('A new workflow with your side; this one stays as it is')
    )
  ];
  if (other !== null) {
    buttons.push(
      button(
        trans.__('Overwrite'),
        'overwrite',
        'warn',
        trans.__('Save your side; the other one stays in the history')
      ),
      button(
        trans.__('Merge'),
        'merge',
        'default',
        trans.__('Bring both sides together and save')
      )
    );
  }
  const dialog = new Dialog<string>({
    title: trans.__('“%1” was changed elsewhere', model.item.name),
    body: new SideBySide(
      { title: trans.__('Yours'), text: asText(mySide(model)) },
      {
        title: titleOf(conflict, trans),
        text: other === null ? '' : asText(other)
      },
      introduction(conflict, trans)
    ),
    buttons,
    defaultButton: buttons.length - 1,
    hasClose: true
  });
  dialog.addClass('jp-QuantLab-Conflict');
  const result = await dialog.launch();
  return (result.button.actions[0] as Choice | undefined) ?? 'cancel';
}

function introduction(
  conflict: Conflict,
  trans: TranslationBundle
): HTMLElement {
  const node = document.createElement('p');
  node.className = 'jp-QuantLab-Compare-head';
  node.textContent =
    conflict.type === 'gone'
      ? trans.__(
          'It was deleted, or is no longer shared with you. Your edit is kept in this browser; save it as a copy to go on.'
        )
      : conflict.type === 'draft'
        ? trans.__(
            'Another tab or device has a newer draft of it. Nothing is lost: whatever you choose, the other side stays in the history.'
          )
        : trans.__(
            'Someone saved a newer version. Nothing is lost: whatever you choose, the other side stays in the history.'
          );
  return node;
}

function titleOf(conflict: Conflict, trans: TranslationBundle): string {
  switch (conflict.type) {
    case 'version':
      return trans.__('Stored: version %1', conflict.current.version);
    case 'draft':
      return trans.__('The newer draft');
    default:
      return trans.__('Nothing is stored any more');
  }
}

/** Says how a merge went. */
export function sayMerged(conflicts: number, trans: TranslationBundle): void {
  if (conflicts === 0) {
    Notification.success(trans.__('Both sides are merged and saved.'), {
      autoClose: 4000
    });
    return;
  }
  Notification.warning(
    trans._n(
      'Merged, but not saved yet: %1 place changed on both sides. Look for <<<<<<< and >>>>>>>, then save.',
      'Merged, but not saved yet: %1 places changed on both sides. Look for <<<<<<< and >>>>>>>, then save.',
      conflicts
    ),
    { autoClose: false }
  );
}
