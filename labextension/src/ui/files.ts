/**
 * Saved objects as plain files.
 */
import type { QuantLabClient } from '../api/client';
import type { LibraryItem, LibraryKind } from '../api/models';

/** Characters that file systems refuse, and dots at the ends. */
const UNSAFE = /[\\/:*?"<>|]|^\.+|\.+$/g;

const EXTENSIONS: Record<LibraryKind, string> = {
  notebook: '.ipynb',
  python: '.py',
  layout: '.layout.json'
};

/** The file name of a saved object; an import takes it back under it. */
export function fileName(item: { name: string; kind: LibraryKind }): string {
  const stem = item.name.replace(UNSAFE, '_') || 'untitled';
  const extension = EXTENSIONS[item.kind];
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

/** Download the current version of one saved object. */
export async function downloadItem(
  item: LibraryItem,
  client: QuantLabClient
): Promise<void> {
  if (item.kind === 'layout') {
    const layout = await client.layouts.get(item.id);
    const text = JSON.stringify(layout.document, null, 2) + '\n';
    saveFile(fileName(layout), new Blob([text], { type: 'application/json' }));
    return;
  }
  const workflow = await client.workflows.get(item.id);
  const content =
    workflow.kind === 'python'
      ? new Blob([workflow.code ?? ''], { type: 'text/x-python' })
      : new Blob([JSON.stringify(workflow.notebook, null, 1) + '\n'], {
          type: 'application/x-ipynb+json'
        });
  saveFile(fileName(workflow), content);
}
