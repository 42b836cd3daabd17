/**
 * The dialog "Open chart layout": search, list, and what is in it in words.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { Layout, LayoutItem } from '../api/models';
import { showFinder } from '../open/widget';
import { quantlabIcon } from '../ui/icons';
import { inWords } from './document';
import { documentOf } from './model';

import '../../style/layouts.css';

/** Choose a layout; null: left. */
export function askLayout(
  client: QuantLabClient,
  trans: TranslationBundle
): Promise<LayoutItem | null> {
  return showFinder<LayoutItem, Layout>({
    saved: client.layouts,
    words: {
      title: trans.__('Open chart layout'),
      search: trans.__('Search layouts'),
      list: trans.__('Layouts'),
      loading: trans.__('Loading layouts'),
      first: trans.__('Open a chart layout from the launcher and save it.'),
      nothing: trans.__('No layout matches these words or symbols.')
    },
    icon: () => quantlabIcon,
    kind: () => trans.__('Chart layout'),
    content: layout => (
      <p className="jp-QuantLab-Layout-summary">
        {inWords(documentOf(layout), trans)}
      </p>
    ),
    trans
  });
}
