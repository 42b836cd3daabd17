/**
 * The content of a workflow in its three shapes: on the wire (notebook object
 * or Python text), in a document model, and as text to compare. Pure.
 */
import type { WorkflowKind } from '../api/models';

/** A cell as far as this feature looks into it. */
export interface ICellContent {
  cell_type: string;
  source: string | string[];
  metadata?: Record<string, unknown>;
  outputs?: unknown[];
  execution_count?: number | null;
}

/** A notebook as far as this feature looks into it. */
export interface INotebookContent {
  cells: ICellContent[];
  metadata?: Record<string, unknown>;
  nbformat: number;
  nbformat_minor: number;
}

/** A notebook object or Python text. */
export type WorkflowContent = Record<string, unknown> | string;

/** The wire content of a workflow, a version or a draft. */
export function contentOf(item: {
  notebook?: Record<string, unknown> | null;
  code?: string | null;
  content?: Record<string, unknown> | string | null;
}): WorkflowContent {
  return item.content ?? item.notebook ?? item.code ?? '';
}

/** The member of a save that carries the content. */
export function saveBody(content: WorkflowContent): {
  notebook?: Record<string, unknown>;
  code?: string;
} {
  return typeof content === 'string'
    ? { code: content }
    : { notebook: content };
}

/** A notebook without the trust marks that JupyterLab keeps in its cells. */
export function withoutTrust(content: WorkflowContent): WorkflowContent {
  return mapCells(content, cell => {
    if (!cell.metadata || !('trusted' in cell.metadata)) {
      return cell;
    }
    const { trusted: _, ...metadata } = cell.metadata;
    return { ...cell, metadata };
  });
}

/**
 * A notebook with exactly its trusted code cells marked, as JupyterLab's own
 * server would do. Marks that came with the content never count.
 */
export function withTrust(
  content: WorkflowContent,
  trusted: (cell: ICellContent) => boolean
): WorkflowContent {
  return mapCells(withoutTrust(content), cell =>
    cell.cell_type === 'code' && trusted(cell)
      ? { ...cell, metadata: { ...cell.metadata, trusted: true } }
      : cell
  );
}

/** Same key, same content: the content without trust, in one spelling. */
export function contentKey(content: WorkflowContent): string {
  return typeof content === 'string'
    ? `p${content}`
    : `n${stableStringify(withoutTrust(content))}`;
}

/**
 * Same key, nothing a person did differs: starting a kernel writes its name and
 * language into a notebook, and that alone makes no draft.
 */
export function editKey(content: WorkflowContent): string {
  if (typeof content === 'string') {
    return contentKey(content);
  }
  const {
    kernelspec: _k,
    language_info: _l,
    ...metadata
  } = (content.metadata ?? {}) as Record<string, unknown>;
  return contentKey({ ...content, metadata });
}

/** Same key, same program: outputs and execution counts do not count. */
export function sourceKey(content: WorkflowContent): string {
  if (typeof content === 'string') {
    return contentKey(content);
  }
  return editKey(
    mapCells(content, cell => {
      const { execution: _, ...metadata } = cell.metadata ?? {};
      return cell.cell_type === 'code'
        ? { ...cell, metadata, outputs: [], execution_count: null }
        : { ...cell, metadata };
    })
  );
}

/** Same key, same cell with the same outputs. */
export function cellKey(cell: ICellContent): string {
  return stableStringify([
    cell.cell_type,
    joined(cell.source),
    cell.outputs ?? []
  ]);
}

/** Whether every code cell of a content carries JupyterLab's trust mark. */
export function isAllTrusted(content: WorkflowContent): boolean {
  const cells = cellsOf(content).filter(cell => cell.cell_type === 'code');
  return (
    cells.length > 0 && cells.every(cell => cell.metadata?.trusted === true)
  );
}

/** The cells of a notebook; none for Python text. */
export function cellsOf(content: WorkflowContent): ICellContent[] {
  if (typeof content === 'string' || !Array.isArray(content.cells)) {
    return [];
  }
  return content.cells as ICellContent[];
}

/** Content as text, cell by cell, for comparing two sides next to each other. */
export function asText(content: WorkflowContent): string {
  if (typeof content === 'string') {
    return content;
  }
  return cellsOf(content)
    .map((cell, index) => {
      const outputs = (cell.outputs ?? []).map(outputText).filter(Boolean);
      const lines = [
        `# [${index + 1}] ${cell.cell_type}`,
        joined(cell.source),
        ...outputs.map(text => `# → ${text}`)
      ];
      return lines.join('\n');
    })
    .join('\n\n');
}

/** A new notebook with one empty cell. */
export function emptyContent(kind: WorkflowKind): WorkflowContent {
  return kind === 'python'
    ? ''
    : {
        cells: [
          {
            cell_type: 'code',
            execution_count: null,
            id: Math.random().toString(16).slice(2, 10).padEnd(8, '0'),
            metadata: {},
            outputs: [],
            source: ''
          }
        ],
        metadata: {},
        nbformat: 4,
        nbformat_minor: 5
      };
}

function outputText(output: unknown): string {
  if (typeof output !== 'object' || output === null) {
    return '';
  }
  const { output_type, text, data, ename, evalue } = output as {
    output_type?: string;
    text?: string | string[];
    data?: Record<string, unknown>;
    ename?: string;
    evalue?: string;
  };
  if (output_type === 'error') {
    return `${ename ?? ''}: ${evalue ?? ''}`;
  }
  if (text !== undefined) {
    return joined(text).trimEnd().replaceAll('\n', '\n#   ');
  }
  return Object.keys(data ?? {}).join(', ');
}

function joined(text: string | string[] | undefined): string {
  return Array.isArray(text) ? text.join('') : (text ?? '');
}

function mapCells(
  content: WorkflowContent,
  change: (cell: ICellContent) => ICellContent
): WorkflowContent {
  if (typeof content === 'string' || !Array.isArray(content.cells)) {
    return content;
  }
  return {
    ...content,
    cells: (content.cells as ICellContent[]).map(change)
  };
}

/** JSON with sorted members and with multi-line strings in one form. */
function stableStringify(value: unknown): string {
  return JSON.stringify(value, (key, member: unknown) => {
    if (key === 'source' || key === 'text') {
      return Array.isArray(member) && member.every(x => typeof x === 'string')
        ? member.join('')
        : member;
    }
    if (
      typeof member === 'object' &&
      member !== null &&
      !Array.isArray(member)
    ) {
      return Object.fromEntries(
        Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))
      );
    }
    return member;
  });
}
