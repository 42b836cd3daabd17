/**
 * A light look at whether anything was saved, changed or deleted elsewhere.
 */
import type { QuantLabClient } from '../api/client';
import type { LibraryItem, Page } from '../api/models';

/**
 * The newest change and the count of every resource, as text to compare with the one before.
 * Rejects as the client does when no resource answers.
 */
export async function markOf(client: QuantLabClient): Promise<string> {
  const query = { limit: 1, sort: '-updated_at', count: true } as const;
  const pages = await Promise.allSettled<Page<LibraryItem>>([
    client.workflows.list(query),
    client.layouts.list(query)
  ]);
  if (pages.every(page => page.status === 'rejected')) {
    throw pages[0].reason;
  }
  return pages
    .map(page => (page.status === 'fulfilled' ? wordOf(page.value) : '-'))
    .join(' ');
}

function wordOf(page: Page<LibraryItem>): string {
  const newest = page.items[0];
  return [page.total, newest?.id, newest?.updated_at, newest?.version].join();
}
