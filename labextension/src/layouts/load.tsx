/**
 * The dialog "Open chart layout": search, list with pictures, and what is in it in words.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { Layout, LayoutItem } from '../api/models';
import { showFinder } from '../open/widget';
import { layoutIcon } from '../ui/icons';
import { Thumbnail } from '../ui/thumbnail';
import { inWords } from './document';
import { documentOf } from './saving';

import '../../style/layouts.css';

/** What was chosen. */
export interface IChosenLayout {
  item: LayoutItem;
  /** Its charts alone: without what restores a moment, and without the draft. */
  isFresh: boolean;
}

/** Choose a layout; null: left. */
export async function askLayout(
  client: QuantLabClient,
  trans: TranslationBundle
): Promise<IChosenLayout | null> {
  let isFresh = false;
  const item = await showFinder<LayoutItem, Layout>({
    saved: client.layouts,
    words: {
      title: trans.__('Open chart layout'),
      search: trans.__('Search layouts'),
      list: trans.__('Layouts'),
      loading: trans.__('Loading layouts'),
      first: trans.__('Open a chart layout from the launcher and save it.'),
      nothing: trans.__('No layout matches these words or symbols.')
    },
    icon: () => layoutIcon,
    kind: () => trans.__('Chart layout'),
    content: layout => (
      <p className="jp-QuantLab-Layout-summary">
        {inWords(documentOf(layout), trans)}
      </p>
    ),
    picture: layout => (
      <Thumbnail key={layout.id} item={layout} client={client.layouts} />
    ),
    more: (
      <label className="jp-QuantLab-Open-more">
        <input
          type="checkbox"
          onChange={event => {
            isFresh = event.target.checked;
          }}
        />
        <span>
          {trans.__('Open without restoring')}{' '}
          <span className="jp-QuantLab-muted">
            {trans.__(
              'The charts alone: without visible range, theme, time zone and panels. Your draft is left alone and autosave rests. Of use when a layout makes trouble.'
            )}
          </span>
        </span>
      </label>
    ),
    trans
  });
  return item && { item, isFresh };
}
