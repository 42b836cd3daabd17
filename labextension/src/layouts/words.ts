/**
 * Where a layout stands, in words.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { describe } from '../ui/problems';
import type { LayoutModel } from './model';

/** What the save state says, and more of it for the tooltip. */
export interface IStateWords {
  /** `saved`, `unsaved`, `saving`, `offline-draft`, `conflict` or `problem`. */
  state: string;
  label: string;
  caption: string;
}

/** The save state of a layout. */
export function stateWords(
  model: LayoutModel,
  trans: TranslationBundle
): IStateWords {
  const { state } = model;
  const of = (label: string, caption: string): IStateWords => ({
    state,
    label,
    caption
  });
  switch (state) {
    case 'saving':
      return of(trans.__('Saving…'), trans.__('On its way to the server'));
    case 'offline-draft':
      return of(
        trans.__('Offline draft'),
        model.autosave
          ? trans.__(
              'The server has not taken the change: %1 It is kept in this page and sent when the server is back.',
              describe(model.problem, trans).message
            )
          : trans.__(
              'Not saved: %1 The change is kept in this page.',
              describe(model.problem, trans).message
            )
      );
    case 'conflict':
      return of(
        trans.__('Conflict'),
        trans.__('Changed elsewhere. Click to compare and decide.')
      );
    case 'saved':
      return of(
        trans.__('Saved: version %1', model.baseVersion),
        trans.__('Everything is saved')
      );
    default:
      return unsavedWords(model, trans);
  }
}

function unsavedWords(
  model: LayoutModel,
  trans: TranslationBundle
): IStateWords {
  if (model.problem) {
    return {
      state: 'problem',
      label: trans.__('Not saved'),
      caption: trans.__(
        'Not saved: %1 The change is kept in this page.',
        describe(model.problem, trans).message
      )
    };
  }
  if (!model.item) {
    return {
      state: 'unsaved',
      label: trans.__('Not saved yet'),
      caption: trans.__('Save it to find it again. Click to save.')
    };
  }
  return {
    state: 'unsaved',
    label: model.hasDraft ? trans.__('Draft saved') : trans.__('Unsaved'),
    caption: model.hasDraft
      ? trans.__('The change is in your draft. Click to make it a version.')
      : trans.__('There are changes. Click to save them.')
  };
}
