/**
 * Two contents next to each other, with what differs marked. Loaded when first needed.
 */
import { MergeView } from '@codemirror/merge';
import type { Extension } from '@codemirror/state';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { Widget } from '@lumino/widgets';

import '../../style/documents.css';

/** One side: what it is, and its text. */
export interface ISide {
  title: string;
  text: string;
}

/** A read-only comparison. */
export class SideBySide extends Widget {
  constructor(left: ISide, right: ISide, head: HTMLElement | null = null) {
    super();
    this.addClass('jp-QuantLab-Compare');
    const titles = document.createElement('div');
    titles.className = 'jp-QuantLab-Compare-titles';
    titles.append(title(left.title), title(right.title));
    this._view = document.createElement('div');
    this._view.className = 'jp-QuantLab-Compare-view';
    this._view.tabIndex = 0;
    if (head) {
      this.node.append(head);
    }
    this.node.append(titles, this._view);
    this._merge = new MergeView({
      a: side(left),
      b: side(right),
      parent: this._view,
      collapseUnchanged: { margin: 3, minSize: 6 },
      gutter: true
    });
  }

  override dispose(): void {
    this._merge.destroy();
    super.dispose();
  }

  private readonly _view: HTMLElement;
  private readonly _merge: MergeView;
}

function title(text: string): HTMLElement {
  const node = document.createElement('div');
  node.textContent = text;
  node.title = text;
  return node;
}

function side(of: ISide): { doc: string; extensions: Extension[] } {
  return {
    doc: of.text,
    extensions: [
      EditorView.lineWrapping,
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.contentAttributes.of({ 'aria-label': of.title })
    ]
  };
}
