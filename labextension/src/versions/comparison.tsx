/**
 * What changed from one version to another, cell by cell.
 */
import type { Extension } from '@codemirror/state';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { DiffRow, VersionDiff } from '../api/models';
import { DiffView } from './diff';
import { foldRows } from './rows';

export interface IComparisonProps {
  diff: VersionDiff;
  isPython: boolean;
  language: Extension | null;
  trans: TranslationBundle;
}

/** A sentence on the whole, then the rows. */
export function Comparison(props: IComparisonProps): JSX.Element {
  const { diff, trans } = props;
  const [box, width] = useWidth();
  const [open, setOpen] = React.useState<ReadonlySet<number>>(new Set());
  React.useEffect(() => setOpen(new Set()), [diff]);
  const shown = React.useMemo(
    () =>
      // A version by itself is there to be read.
      diff.from_version === diff.to_version
        ? diff.rows.map((row, start) => ({ type: 'row' as const, start, row }))
        : foldRows(diff.rows),
    [diff]
  );
  return (
    <div ref={box} className="jp-QuantLab-Diff">
      <p className="jp-QuantLab-Diff-summary" role="status">
        {summaryOf(props)}
      </p>
      {shown.map(part =>
        part.type === 'fold' && !open.has(part.start) ? (
          <button
            key={`fold-${part.start}`}
            type="button"
            className="jp-QuantLab-Diff-fold"
            onClick={() => setOpen(new Set([...open, part.start]))}
          >
            {trans._n(
              'Show %1 unchanged cell',
              'Show %1 unchanged cells',
              part.rows.length
            )}
          </button>
        ) : (
          (part.type === 'fold' ? part.rows : [part.row]).map((row, offset) => (
            <RowView
              key={part.start + offset}
              {...props}
              row={row}
              width={width}
            />
          ))
        )
      )}
    </div>
  );
}

function RowView(
  props: IComparisonProps & { row: DiffRow; width: number }
): JSX.Element {
  const { row, isPython, language, width, trans } = props;
  const isCode = isPython || row.cell_type === 'code';
  return (
    <div className={`jp-QuantLab-Diff-row jp-mod-${row.change}`}>
      <div className="jp-QuantLab-Diff-label">
        <span>{changeLabel(row, trans)}</span>
        {isPython ? null : (
          <span className="jp-QuantLab-muted">{row.cell_type}</span>
        )}
        {row.outputs_changed ? (
          <span className="jp-QuantLab-Badge">
            {trans.__('outputs changed')}
          </span>
        ) : null}
      </div>
      {row.change === 'same' ? (
        // The text scrolls sideways, also by keyboard.
        <pre tabIndex={0}>{row.right ?? row.left ?? ''}</pre>
      ) : (
        <DiffView
          row={row}
          language={isCode ? language : null}
          width={width}
          trans={trans}
        />
      )}
    </div>
  );
}

function changeLabel(row: DiffRow, trans: TranslationBundle): string {
  switch (row.change) {
    case 'added':
      return trans.__('+ added');
    case 'removed':
      return trans.__('− removed');
    case 'changed':
      return trans.__('~ changed');
    case 'same':
      return trans.__('unchanged');
  }
}

function summaryOf(props: IComparisonProps): string {
  const { diff, isPython, trans } = props;
  if (diff.from_version === diff.to_version) {
    return trans.__('Version %1 by itself.', diff.to_version);
  }
  const outputs = diff.rows.filter(row => row.outputs_changed).length;
  if (diff.added + diff.removed + diff.changed + outputs === 0) {
    return trans.__(
      'Versions %1 and %2 are the same.',
      diff.from_version,
      diff.to_version
    );
  }
  const what = isPython ? trans.__('lines') : trans.__('cells');
  return trans.__(
    'From version %1 to %2: %3 added, %4 removed, %5 changed (%6).',
    diff.from_version,
    diff.to_version,
    diff.added,
    diff.removed,
    diff.changed,
    what
  );
}

/** The width of an element as it changes. */
function useWidth(): [React.RefObject<HTMLDivElement>, number] {
  const box = React.useRef<HTMLDivElement>(null);
  const [width, setWidth] = React.useState(1000);
  React.useEffect(() => {
    const node = box.current;
    if (!node) {
      return;
    }
    const observer = new ResizeObserver(() => setWidth(node.clientWidth));
    observer.observe(node);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}
