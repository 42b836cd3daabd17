/**
 * Workflows as plain files.
 */
import type { QuantLabClient } from '../api/client';
import type { WorkflowItem } from '../api/models';

/** Characters that file systems refuse, and dots at the ends. */
const UNSAFE = /[\\/:*?"<>|]|^\.+|\.+$/g;

/** The file name of a workflow. */
export function fileName(item: Pick<WorkflowItem, 'name' | 'kind'>): string {
  const stem = item.name.replace(UNSAFE, '_') || 'workflow';
  const extension = item.kind === 'python' ? '.py' : '.ipynb';
  return stem.toLowerCase().endsWith(extension) ? stem : stem + extension;
}

/** Hand a file to the browser. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.appendChild(link);
  link.click();
  link.remove();
  // The browser has taken the blob by then.
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Download the current version of one workflow. */
export async function downloadWorkflow(
  item: WorkflowItem,
  client: QuantLabClient
): Promise<void> {
  const workflow = await client.workflows.get(item.id);
  const content =
    workflow.kind === 'python'
      ? new Blob([workflow.code ?? ''], { type: 'text/x-python' })
      : new Blob([JSON.stringify(workflow.notebook, null, 1) + '\n'], {
          type: 'application/x-ipynb+json'
        });
  saveFile(fileName(workflow), content);
}
