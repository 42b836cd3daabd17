/**
 * What happened in the tenant, newest first; filtered, and exported as it is filtered.
 */
import * as React from 'react';

import { eventLabel } from '../../account/events';
import type { AdminEvent } from '../../api/models';
import { TextField } from '../../ui/fields';
import { saveFile } from '../../ui/files';
import { fullTime, relativeTime } from '../../ui/format';
import { Paged, usePaged } from '../../ui/paged';
import { Select } from '../../ui/select';
import { EmptyState, ErrorBox } from '../../ui/states';
import type { EventsQuery } from '../client';
import type { IAdminSectionProps } from '../sections';

export default function AuditSection(props: IAdminSectionProps): JSX.Element {
  const { admin, trans } = props;
  const [tag, setTag] = React.useState('');
  const [day, setDay] = React.useState('');
  const [error, setError] = React.useState<unknown>(null);
  const query = React.useMemo(() => queryOf(tag, day), [tag, day]);
  const paged = usePaged(
    (cursor, signal) => admin.events({ ...query, cursor }, signal),
    [admin, query]
  );
  const save = async (): Promise<void> => {
    try {
      saveFile('quantlab-audit.jsonl', await admin.exportEvents(query));
      setError(null);
    } catch (reason) {
      setError(reason);
    }
  };
  return (
    <>
      <div className="jp-QuantLab-Admin-filters" role="search">
        <Select
          label={trans.__('Filter by kind')}
          value={tag}
          options={[
            ['', trans.__('Every event')],
            ['account:session:', trans.__('Signing in and out')],
            ['account:', trans.__('Accounts')],
            ['library:', trans.__('What is saved')],
            ['admin:', trans.__('Administration')]
          ]}
          onChange={setTag}
        />
        <TextField
          id="quantlab-audit-day"
          label={trans.__('Up to the day')}
          hint={trans.__('Like 2031-05-17')}
          value={day}
          onChange={setDay}
        />
        <div className="jp-QuantLab-Actions">
          <button
            type="button"
            className="jp-mod-styled jp-mod-reject"
            onClick={() => void save()}
          >
            {trans.__('Export')}
          </button>
        </div>
      </div>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <Paged
        paged={paged}
        trans={trans}
        label={trans.__('Loading the events')}
        count={shown => trans._n('%1 event shown', '%1 events shown', shown)}
        empty={
          <EmptyState
            title={trans.__('No events')}
            text={trans.__('Nothing of the kind happened in this tenant.')}
          />
        }
      >
        {events => (
          <ul
            className="jp-QuantLab-Sessions"
            aria-label={trans.__('Events of the tenant')}
          >
            {events.map(event => (
              <Event key={event.id} event={event} trans={trans} />
            ))}
          </ul>
        )}
      </Paged>
    </>
  );
}

function queryOf(tag: string, day: string): EventsQuery {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(day) && !isNaN(Date.parse(day));
  const end = isDay ? new Date(Date.parse(day) + 86_400_000) : null;
  return { tag, until: end?.toISOString() };
}

function Event(
  props: Pick<IAdminSectionProps, 'trans'> & { event: AdminEvent }
): JSX.Element {
  const { event, trans } = props;
  return (
    <li>
      <details>
        <summary>
          {eventLabel(event.tag, trans)}{' '}
          <time
            className="jp-QuantLab-muted"
            dateTime={event.at}
            title={fullTime(event.at)}
          >
            {relativeTime(event.at)}
          </time>
        </summary>
        <pre>{JSON.stringify(event, null, 2)}</pre>
      </details>
    </li>
  );
}
