/**
 * What changed from one version of a layout to another, in words.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { LayoutDocument, VersionDiff } from '../api/models';
import { inWords } from '../layouts/document';

const MARKS = { added: '+', removed: '−', changed: '~' };

/** One line for each change; of a version by itself, what it holds. */
export function LayoutComparison(props: {
  diff: VersionDiff;
  /** The version, where it is shown by itself. */
  document: LayoutDocument | null;
  trans: TranslationBundle;
}): JSX.Element {
  const { diff, document, trans } = props;
  const changes = diff.changes ?? [];
  const { from_version: from, to_version: to } = diff;
  let summary = trans._n(
    'From version %2 to %3: %1 change.',
    'From version %2 to %3: %1 changes.',
    changes.length,
    from,
    to
  );
  if (from === to) {
    summary = trans.__('Version %1 by itself.', to);
  } else if (changes.length === 0) {
    summary = trans.__('Versions %1 and %2 are the same.', from, to);
  }
  return (
    <div className="jp-QuantLab-Diff">
      <p className="jp-QuantLab-Diff-summary" role="status">
        {summary}
      </p>
      {document ? (
        <p className="jp-QuantLab-Diff-alone">{inWords(document, trans)}</p>
      ) : null}
      <ul className="jp-QuantLab-Diff-changes">
        {changes.map(({ change, path, text }, index) => (
          <li key={`${index} ${path}`} className={`jp-mod-${change}`}>
            <span aria-hidden>{MARKS[change]}</span>
            <bdi>{text}</bdi>
          </li>
        ))}
      </ul>
    </div>
  );
}
