/**
 * What happened with one's account, newest first.
 */
import * as React from 'react';

import type { AuditEvent, Page } from '../../api/models';
import { fullTime, relativeTime } from '../../ui/format';
import { Loading, useLoaded } from '../../ui/loaded';
import { EmptyState, ErrorBox } from '../../ui/states';
import { eventLabel } from '../events';
import type { IAccountSectionProps } from '../sections';

export default function ActivitySection(
  props: IAccountSectionProps
): JSX.Element {
  const { client, trans } = props;
  const loaded = useLoaded(signal => client.activity({}, signal), [client]);
  return (
    <Loading
      loaded={loaded}
      trans={trans}
      label={trans.__('Loading the activity')}
    >
      {first => <Events {...props} first={first} />}
    </Loading>
  );
}

function Events(
  props: IAccountSectionProps & { first: Page<AuditEvent> }
): JSX.Element {
  const { client, trans, first } = props;
  const [more, setMore] = React.useState<AuditEvent[]>([]);
  const [cursor, setCursor] = React.useState(first.next_cursor);
  const [error, setError] = React.useState<unknown>(null);
  const load = async (): Promise<void> => {
    try {
      const page = await client.activity({ cursor });
      setMore([...more, ...page.items]);
      setCursor(page.next_cursor);
      setError(null);
    } catch (reason) {
      setError(reason);
    }
  };
  const events = [...first.items, ...more];
  if (events.length === 0) {
    return (
      <EmptyState
        title={trans.__('Nothing has happened yet')}
        text={trans.__(
          'Signing in and out, changes of your account and of what you saved are listed here.'
        )}
      />
    );
  }
  return (
    <>
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
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      {cursor ? (
        <div className="jp-QuantLab-Actions jp-QuantLab-Account-more">
          <button
            type="button"
            className="jp-mod-styled jp-mod-reject"
            onClick={() => void load()}
          >
            {trans.__('Show more')}
          </button>
        </div>
      ) : null}
    </>
  );
}
