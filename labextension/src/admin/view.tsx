/**
 * What somebody saved, to read: as text. Nothing of it is run, trusted or drawn as markup.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { AdminItem, AdminUser, Layout, Workflow } from '../api/models';
import { inWords } from '../layouts/document';
import { ask } from '../ui/modal';
import type { AdminClient } from './client';

/** Ask for the content, which the person's activity shows, and show it. Rejects as the client does. */
export async function showItem(options: {
  admin: AdminClient;
  trans: TranslationBundle;
  person: AdminUser;
  item: AdminItem;
}): Promise<void> {
  const { admin, trans, person, item } = options;
  const opened = await admin.openItem(person.id, item);
  await ask<true>(item.name, answer => (
    <div className="jp-QuantLab-Admin-view">
      <p>
        {trans.__(
          'Version %1, to read only. %2 sees that you opened it.',
          item.version,
          person.username
        )}
      </p>
      <div
        className="jp-QuantLab-Admin-scroll"
        role="region"
        aria-label={trans.__('Content of %1', item.name)}
        tabIndex={0}
      >
        {textsOf(opened, trans).map((text, index) => (
          <pre key={index}>{text}</pre>
        ))}
      </div>
      <div className="jp-QuantLab-Actions">
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept"
          onClick={() => answer(true)}
        >
          {trans.__('Close')}
        </button>
      </div>
    </div>
  ));
}

/** Its cells, its code, or what it holds. */
function textsOf(
  opened: Workflow | Layout,
  trans: TranslationBundle
): string[] {
  if (opened.kind === 'layout') {
    return [inWords(opened.document, trans)];
  }
  const { code, notebook } = opened;
  if (notebook === null || notebook === undefined) {
    return [code ?? ''];
  }
  const cells: unknown = notebook.cells;
  return Array.isArray(cells) ? cells.map(sourceOf) : [];
}

/** nbformat keeps text as a string or as a list of lines; odd content gives an empty one. */
function sourceOf(cell: unknown): string {
  const source = (cell as { source?: unknown } | null)?.source;
  if (Array.isArray(source)) {
    return source.filter(line => typeof line === 'string').join('');
  }
  return typeof source === 'string' ? source : '';
}
