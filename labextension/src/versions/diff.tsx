/**
 * Two texts side by side (one above the other where there is no room), with the changed parts marked.
 */
import { MergeView, unifiedMergeView } from '@codemirror/merge';
import type { Extension } from '@codemirror/state';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { jupyterTheme } from '@jupyterlab/codemirror';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { DiffRow } from '../api/models';

/** Below this width the sides do not fit beside each other. CSS pixels. */
const SIDE_BY_SIDE = 620;

const UNCHANGED = { margin: 3, minSize: 6 };

export interface IDiffViewProps {
  row: DiffRow;
  /** Highlighting for code; none for Markdown and raw cells. */
  language: Extension | null;
  /** Width of the whole view in CSS pixels. */
  width: number;
  trans: TranslationBundle;
}

/** A changed, added or removed cell, or a script. */
export function DiffView(props: IDiffViewProps): JSX.Element {
  const { row, language, width, trans } = props;
  const box = React.useRef<HTMLDivElement>(null);
  const narrow = width < SIDE_BY_SIDE;
  React.useEffect(() => {
    const parent = box.current;
    if (!parent) {
      return;
    }
    const left = row.left ?? '';
    const right = row.right ?? '';
    const extensions = (label: string): Extension[] => [
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      jupyterTheme,
      ...(language ? [language] : [])
    ];
    if (narrow) {
      const view = new EditorView({
        parent,
        doc: right,
        extensions: [
          ...extensions(trans.__('Changes')),
          unifiedMergeView({
            original: left,
            mergeControls: false,
            collapseUnchanged: UNCHANGED
          })
        ]
      });
      return () => view.destroy();
    }
    const view = new MergeView({
      parent,
      a: { doc: left, extensions: extensions(trans.__('Before')) },
      b: { doc: right, extensions: extensions(trans.__('After')) },
      collapseUnchanged: UNCHANGED,
      gutter: true
    });
    return () => view.destroy();
  }, [row, language, narrow, trans]);
  return <div ref={box} className="jp-QuantLab-Diff-texts" />;
}
