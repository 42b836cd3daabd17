/**
 * Where the QuantLab document in front stands, in the status bar; a click opens what it speaks of.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import type { SaveState } from '../tokens';
import type { DocumentModel } from './model';
import type { OpenDocument } from './openDocument';

import '../../style/documents.css';

/** The item; shows nothing for other documents. */
export class SaveStatus extends Widget {
  /** @param _open - opens what the state speaks of */
  constructor(
    private readonly _trans: TranslationBundle,
    private readonly _open: (document: OpenDocument) => void
  ) {
    super();
    this.addClass('jp-QuantLab-SaveStatus');
    this._button.type = 'button';
    this._button.addEventListener('click', () => {
      if (this._document) {
        this._open(this._document);
      }
    });
    this._live.className = 'jp-QuantLab-live';
    this._live.setAttribute('role', 'status');
    this.node.append(this._button, this._live);
    this.hide();
  }

  /** Show another document's state; null hides the item. */
  set document(document: OpenDocument | null) {
    this._document?.changed.disconnect(this._refresh, this);
    this._document = document;
    document?.changed.connect(this._refresh, this);
    this._announced = null;
    this._refresh();
  }

  private _refresh(): void {
    const model = this._document?.model;
    if (!model) {
      this.hide();
      return;
    }
    this.show();
    const { label, caption } = wordsFor(model, this._trans);
    const state = model.problem ? 'problem' : model.state;
    this._button.dataset.state = state;
    this._button.textContent = label;
    this._button.title = caption;
    this._announce(state, label, caption);
  }

  /** Saving comes and goes with every draft: only where it ends is worth a word, and each once. */
  private _announce(
    state: SaveState | 'problem',
    label: string,
    caption: string
  ): void {
    const isQuiet = state === 'saving' || state === 'unsaved';
    if (isQuiet || state === this._announced) {
      if (state === 'unsaved') {
        this._announced = 'unsaved';
      }
      return;
    }
    const isFirst = this._announced === null;
    this._announced = state;
    if (!isFirst || state !== 'saved') {
      this._live.textContent = state === 'saved' ? label : caption;
    }
  }

  private _document: OpenDocument | null = null;
  private _announced: SaveState | 'problem' | null = null;
  private readonly _button = document.createElement('button');
  private readonly _live = document.createElement('span');
}

function wordsFor(
  model: DocumentModel,
  trans: TranslationBundle
): { label: string; caption: string } {
  if (model.problem) {
    return {
      label: trans.__('Not saved'),
      caption: trans.__(
        'Not saved: %1 Your edit is kept in this browser.',
        model.problem
      )
    };
  }
  switch (model.state) {
    case 'saving':
      return {
        label: trans.__('Saving…'),
        caption: trans.__('The edit is on its way to the server')
      };
    case 'offline-draft':
      return {
        label: trans.__('Offline draft'),
        caption: trans.__(
          'The server cannot be reached. The edit is kept in this browser and sent when the server is back.'
        )
      };
    case 'conflict':
      return {
        label: trans.__('Conflict'),
        caption: trans.__(
          'This workflow was changed elsewhere. Click to compare and decide; your edit is kept.'
        )
      };
    case 'unsaved':
      return {
        label: model.draft ? trans.__('Draft saved') : trans.__('Edited'),
        caption: trans.__(
          'The edit is in your draft. Save to make it a version.'
        )
      };
    default:
      return {
        label: trans.__('Saved: version %1', model.baseVersion),
        caption: trans.__('Everything is saved. Click for the version history.')
      };
  }
}
