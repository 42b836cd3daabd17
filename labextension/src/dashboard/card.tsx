/**
 * One saved object as a card.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { LibraryItem } from '../api/models';
import { accessLabel, fullTime, kindLabel, relativeTime } from '../ui/format';
import type { QuantLabClient } from '../api/client';
import { usedAt } from '../library/feed';
import { kindIcon, pinIcon } from '../ui/icons';
import { Thumbnail } from '../ui/thumbnail';

/** Tags on a card. */
const TAGS_SHOWN = 3;

export interface ICardProps {
  item: LibraryItem;
  client: QuantLabClient;
  /** Its project's name, or null. */
  project: string | null;
  trans: TranslationBundle;
  onOpen: (item: LibraryItem) => void;
  onPin: (item: LibraryItem, pinned: boolean) => void;
}

/** The whole card opens; the pin is a button of its own. */
export function Card(props: ICardProps): JSX.Element {
  const { item, client, project, trans, onOpen, onPin } = props;
  const used = usedAt(item);
  const id = React.useId();
  const Icon = kindIcon(item.kind);
  const shown = item.tags.slice(0, TAGS_SHOWN);
  const parts = [
    kindLabel(item.kind, trans),
    item.owner_name ? trans.__('from %1', item.owner_name) : '',
    accessLabel(item.access, trans),
    project ?? ''
  ].filter(Boolean);
  const icon = (
    <Icon.react
      tag="span"
      className="jp-QuantLab-Card-icon"
      width="22px"
      height="22px"
    />
  );
  return (
    <li className="jp-QuantLab-Card">
      <button
        type="button"
        className="jp-QuantLab-Card-open"
        aria-labelledby={`${id}-name`}
        aria-describedby={`${id}-more`}
        data-id={item.id}
        onClick={() => onOpen(item)}
      >
        {item.thumbnail_version ? (
          <Thumbnail item={item} client={client.layouts}>
            {icon}
          </Thumbnail>
        ) : (
          icon
        )}
        <span className="jp-QuantLab-Card-text">
          <span className="jp-QuantLab-Card-title">
            <bdi
              id={`${id}-name`}
              className="jp-QuantLab-Card-name"
              title={item.name}
            >
              {item.name}
            </bdi>
          </span>
          <span id={`${id}-more`} className="jp-QuantLab-Card-more">
            <span className="jp-QuantLab-Card-line">
              <bdi title={parts.join(' · ')}>{parts.join(' · ')}</bdi>
              {' · '}
              <time dateTime={used} title={fullTime(used)}>
                {relativeTime(used)}
              </time>
            </span>
            {shown.length > 0 ? (
              <span className="jp-QuantLab-Card-tags">
                {shown.map(tag => (
                  <bdi key={tag} className="jp-QuantLab-Tag jp-mod-small">
                    {tag}
                  </bdi>
                ))}
                {item.tags.length > shown.length ? (
                  <span title={item.tags.slice(TAGS_SHOWN).join(', ')}>
                    +{item.tags.length - shown.length}
                  </span>
                ) : null}
              </span>
            ) : null}
          </span>
        </span>
      </button>
      {item.access === 'owner' ? (
        <button
          type="button"
          className="jp-QuantLab-IconButton jp-QuantLab-Card-pin"
          aria-pressed={item.pinned}
          aria-label={trans.__('Pin %1', item.name)}
          title={item.pinned ? trans.__('Unpin') : trans.__('Pin')}
          onClick={() => onPin(item, !item.pinned)}
        >
          <pinIcon.react tag="span" width="14px" height="14px" />
        </button>
      ) : null}
    </li>
  );
}
