/**
 * What happened with one's account, newest first.
 */
import * as React from 'react';

import { fullTime, relativeTime } from '../../ui/format';
import { Paged, usePaged } from '../../ui/paged';
import { EmptyState } from '../../ui/states';
import { eventLabel } from '../events';
import type { IAccountSectionProps } from '../sections';

export default function ActivitySection(
  props: IAccountSectionProps
): JSX.Element {
  const { client, trans } = props;
  const paged = usePaged(
    (cursor, signal) => client.activity({ cursor }, signal),
    [client]
  );
  return (
    <Paged
      paged={paged}
      trans={trans}
      label={trans.__('Loading the activity')}
      count={shown => trans._n('%1 event shown', '%1 events shown', shown)}
      empty={
        <EmptyState
          title={trans.__('Nothing has happened yet')}
          text={trans.__(
            'Signing in and out, changes of your account and of what you saved are listed here.'
          )}
        />
      }
    >
      {events => (
        <ul
          className="jp-QuantLab-Sessions"
          aria-label={trans.__('Your activity')}
        >
          {events.map(event => (
            <li key={event.id}>
              <div>
                {eventLabel(event.tag, trans)}
                <div className="jp-QuantLab-muted">
                  {event.address ? <bdi>{event.address} · </bdi> : null}
                  <time dateTime={event.at} title={fullTime(event.at)}>
                    {relativeTime(event.at)}
                  </time>
                </div>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Paged>
  );
}
