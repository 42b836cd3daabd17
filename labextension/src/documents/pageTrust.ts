/**
 * Which cells of a document may show what they hold: those trusted in the
 * loaded version, and those trusted in the page since.
 */
import type { Trust, Workflow } from '../api/models';
import type { ICellContent, WorkflowContent } from './content';
import { cellKey, cellsOf, contentOf, withTrust } from './content';

/** Trust in one document. */
export class PageTrust {
  /** What may happen by itself with the loaded version; null until loaded. */
  trust: Trust | null = null;

  loaded(workflow: Workflow): void {
    this.trust = workflow.trust ?? null;
    this._cells = new Set(
      this.trust?.trusted ? cellsOf(contentOf(workflow)).map(cellKey) : []
    );
  }

  saved(workflow: { trust?: Trust | null }): void {
    this.trust = workflow.trust ?? this.trust;
  }

  /** Marks the trusted cells of a content. */
  mark(
    content: WorkflowContent,
    page: WorkflowContent | null
  ): WorkflowContent {
    const inPage = cellsOf(page ?? '')
      .filter(cell => cell.metadata?.trusted === true)
      .map(cellKey);
    const known = new Set([...this._cells, ...inPage]);
    return withTrust(content, (cell: ICellContent) => known.has(cellKey(cell)));
  }

  private _cells = new Set<string>();
}
