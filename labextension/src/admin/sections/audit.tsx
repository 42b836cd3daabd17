/**
 * What happened in the tenant, newest first; filtered, and exported as it is filtered.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
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
import type { IAuditFilters } from '../auditQuery';
import { EVERYTHING, isInOrder, queryOf } from '../auditQuery';
import { PersonFilter } from '../personFilter';
import type { IAdminSectionProps } from '../sections';

export default function AuditSection(props: IAdminSectionProps): JSX.Element {
  const { admin, trans } = props;
  const [filters, setFilters] = React.useState(EVERYTHING);
  const [error, setError] = React.useState<unknown>(null);
  const query = React.useMemo(() => queryOf(filters), [filters]);
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
      <Filters
        {...props}
        filters={filters}
        onChange={some => setFilters(now => changed(now, some))}
      />
      <div className="jp-QuantLab-Actions">
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={() => void save()}
        >
          {trans.__('Export what is filtered')}
        </button>
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

/** The same object where nothing changes, so that nothing is asked again. */
function changed(
  now: IAuditFilters,
  some: Partial<IAuditFilters>
): IAuditFilters {
  const next = { ...now, ...some };
  return JSON.stringify(next) === JSON.stringify(now) ? now : next;
}

function Filters(
  props: IAdminSectionProps & {
    filters: IAuditFilters;
    onChange: (some: Partial<IAuditFilters>) => void;
  }
): JSX.Element {
  const { admin, trans, filters, onChange } = props;
  return (
    <div className="jp-QuantLab-Admin-filters" role="search">
      <Select
        label={trans.__('Filter by kind')}
        value={filters.tag}
        options={[
          ['', trans.__('Every event')],
          ['account:session:', trans.__('Signing in and out')],
          ['account:', trans.__('Accounts')],
          ['library:', trans.__('What is saved')],
          ['admin:', trans.__('Administration')]
        ]}
        onChange={tag => onChange({ tag })}
      />
      <PersonFilter
        id="quantlab-audit-person"
        admin={admin}
        trans={trans}
        onPerson={person => onChange({ person })}
      />
      <Select
        label={trans.__('What the person has to do with it')}
        value={filters.part}
        isFilter={false}
        options={[
          ['user', trans.__('It concerns the person')],
          ['actor', trans.__('The person acted')]
        ]}
        onChange={part => onChange({ part: part as IAuditFilters['part'] })}
      />
      <TextField
        id="quantlab-audit-from"
        type="date"
        label={trans.__('From the day')}
        value={filters.from}
        onChange={from => onChange({ from })}
      />
      <TextField
        id="quantlab-audit-to"
        type="date"
        label={trans.__('Up to the day')}
        value={filters.to}
        error={
          isInOrder(filters) ? null : trans.__('This is before the first day.')
        }
        onChange={to => onChange({ to })}
      />
    </div>
  );
}

/** Whom it concerns, and who acted where that is somebody else. */
function peopleOf(event: AdminEvent, trans: TranslationBundle): string {
  const concerned = event.user_name ?? trans.__('Somebody who is gone');
  if (event.actor_id === event.user_id) {
    return concerned;
  }
  if (event.actor_id === null) {
    return trans.__('%1, by nobody who was signed in', concerned);
  }
  return event.actor_name === null
    ? trans.__('%1, by somebody who is not of this tenant', concerned)
    : trans.__('%1, by %2', concerned, event.actor_name);
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
          <span className="jp-QuantLab-muted">
            <bdi>{peopleOf(event, trans)}</bdi> ·{' '}
            <time dateTime={event.at} title={fullTime(event.at)}>
              {relativeTime(event.at)}
            </time>
          </span>{' '}
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
