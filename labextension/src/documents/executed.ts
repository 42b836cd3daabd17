/**
 * Which cells the person ran in this page, and what was in them: a notebook that was run from here may run by itself
 * when it is opened again.
 */
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';

import type { WorkflowContent } from './content';
import { isAllTrusted } from './content';

/** Source of a cell, by the cell's model, when it last ran well. */
const executed = new WeakMap<object, string>();

/** Begin to listen. What runs by itself (when a workflow is opened) is not reported by these actions. */
export function watchExecutions(): void {
  NotebookActions.executed.connect((_, { cell, success }) => {
    const source = cell.model.sharedModel.getSource();
    if (success) {
      executed.set(cell.model, source);
    } else {
      executed.delete(cell.model);
    }
  });
}

/** Every code cell of a notebook ran in this page as it stands now, at the person's word. False for other documents. */
function wasRunHere(widget: IDocumentWidget): boolean {
  const { content } = widget as unknown as Partial<NotebookPanel>;
  const cells = content?.model?.cells;
  if (!cells) {
    return false;
  }
  const codes = Array.from(cells).filter(
    cell => cell.type === 'code' && cell.sharedModel.getSource().trim() !== ''
  );
  return (
    codes.length > 0 &&
    codes.every(cell => executed.get(cell) === cell.sharedModel.getSource())
  );
}

/** What the person did with a document as it stands now: ran all of it, trusts all of it, or neither. */
export function actOn(
  widget: IDocumentWidget,
  content: WorkflowContent
): 'ran' | 'trusted' | null {
  if (wasRunHere(widget)) {
    return 'ran';
  }
  return isAllTrusted(content) ? 'trusted' : null;
}
