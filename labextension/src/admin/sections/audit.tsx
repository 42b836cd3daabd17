/**
 * What happened in the tenant, newest first; filtered, and exported as it is filtered.
 */
import * as React from 'react';

import { eventLabel } from '../../account/events';
import type { AdminEvent } from '../../api/models';
import { TextField } from '../../ui/fields';
import { saveFile } from '../../ui/files';
import { fullTime, relativeTime } from '../../ui/format';
import { useLoaded } from '../../ui/loaded';
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
      <Seals {...props} />
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

/** How the events are sealed; a line, or for operators what is not as it was sealed. */
function Seals(props: IAdminSectionProps): JSX.Element | null {
  const { admin, trans } = props;
  const { value, error, again } = useLoaded(
    signal => admin.seals(signal),
    [admin]
  );
  if (value === null) {
    return error ? (
      <ErrorBox error={error} trans={trans} onRetry={again} />
    ) : null;
  }
  const { waiting, checkpoint, check } = value;
  if (checkpoint === null && waiting === 0 && !check?.faults.length) {
    return null;
  }
  const parts = [
    checkpoint
      ? trans.__(
          'Signed up to event %1, on %2.',
          checkpoint.seq,
          fullTime(checkpoint.at)
        )
      : trans.__('Nothing is signed yet.'),
    trans._n(
      '%1 event waits for its seal.',
      '%1 events wait for their seal.',
      waiting
    )
  ];
  if (check && check.faults.length === 0) {
    parts.push(
      trans._n(
        'The newest event is as it was sealed.',
        'The newest %1 events are as they were sealed.',
        check.events
      )
    );
  }
  return (
    <>
      <p className="jp-QuantLab-muted">{parts.join(' ')}</p>
      {check && check.faults.length > 0 ? (
        <div role="alert">
          <p>{trans.__('Not as it was sealed:')}</p>
          <ul>
            {check.faults.map(fault => (
              <li key={fault}>{fault}</li>
            ))}
          </ul>
        </div>
      ) : null}
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
          </time>{' '}
          {event.sealed ? null : (
            <span className="jp-QuantLab-Badge">
              {trans.__('Not yet sealed')}
            </span>
          )}
        </summary>
        <pre>{JSON.stringify(event, null, 2)}</pre>
      </details>
    </li>
  );
}
