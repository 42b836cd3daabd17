/**
 * People as a table: role, plan, state, and what can be done with each.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { roleLabel } from '../account/words';
import type { AdminUser, User } from '../api/models';
import { fullTime, longDay, relativeTime } from '../ui/format';
import { ActSelect } from '../ui/select';
import { ErrorBox } from '../ui/states';
import { changePerson } from './acts';
import { ROLES } from './ids';
import type { IAdminSectionProps } from './sections';

export interface IPeopleProps extends IAdminSectionProps {
  people: readonly AdminUser[];
  /** Show what somebody saved. */
  onItems: (person: AdminUser) => void;
  /** Somebody is different now. */
  onPut: (person: AdminUser) => void;
  /** Somebody left the list, or came back. */
  onChanged: () => void;
}

export function PeopleTable(props: IPeopleProps): JSX.Element {
  const { people, trans } = props;
  return (
    <div
      className="jp-QuantLab-Admin-scroll"
      role="region"
      aria-label={trans.__('People of the tenant')}
      tabIndex={0}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">{trans.__('Name')}</th>
            <th scope="col">{trans.__('Role')}</th>
            <th scope="col">{trans.__('Plan')}</th>
            <th scope="col">{trans.__('State')}</th>
            <th scope="col">{trans.__('Last seen')}</th>
            <th scope="col">{trans.__('Actions')}</th>
          </tr>
        </thead>
        <tbody>
          {people.map(person => (
            <Row key={person.id} {...props} person={person} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row(props: IPeopleProps & { person: AdminUser }): JSX.Element {
  const { admin, session, trans, person, onItems, onPut } = props;
  const [error, setError] = React.useState<unknown>(null);
  const attempt = (act: () => Promise<void>): void => {
    act().then(() => setError(null), setError);
  };
  const rank = ROLES.indexOf(session.user?.role ?? 'user');
  const isAbove = ROLES.indexOf(person.role) > rank;
  const roles = ROLES.filter(
    (one, index) => index <= rank && one !== person.role
  );
  return (
    <tr>
      <th scope="row">
        <bdi>{person.username}</bdi>
        <div className="jp-QuantLab-muted">
          <bdi>{person.email}</bdi>
        </div>
        {error ? <ErrorBox error={error} trans={trans} /> : null}
      </th>
      <td>
        <ActSelect
          label={trans.__('Role of %1', person.username)}
          title={roleLabel(person.role, trans)}
          disabled={isAbove}
          options={roles.map(one => [one, roleLabel(one, trans)])}
          onAct={role =>
            attempt(async () =>
              onPut(
                await admin.change(person.id, { role: role as User['role'] })
              )
            )
          }
        />
      </td>
      <td>
        <bdi>{person.tier}</bdi>
        {person.tier_expires_at ? (
          <div
            className="jp-QuantLab-muted"
            title={fullTime(person.tier_expires_at)}
          >
            {trans.__('until %1', longDay(lastInstant(person.tier_expires_at)))}
          </div>
        ) : null}
      </td>
      <td>{stateLabel(person, trans)}</td>
      <td
        title={person.last_seen_at ? fullTime(person.last_seen_at) : undefined}
      >
        {person.last_seen_at ? relativeTime(person.last_seen_at) : '–'}
      </td>
      <td>
        <ActSelect
          label={trans.__('Actions for %1', person.username)}
          title={trans.__('Choose…')}
          disabled={isAbove}
          options={actsFor(person, trans)}
          onAct={act =>
            act === 'items'
              ? onItems(person)
              : attempt(() => changePerson(act, props))
          }
        />
      </td>
    </tr>
  );
}

/** An end at midnight belongs to the day before. */
function lastInstant(end: string): string {
  return new Date(Date.parse(end) - 1).toISOString();
}

function stateLabel(person: AdminUser, trans: TranslationBundle): string {
  if (person.deleted_at) {
    return trans.__('Deleted');
  }
  return person.is_active ? trans.__('Active') : trans.__('Disabled');
}

function actsFor(
  person: AdminUser,
  trans: TranslationBundle
): [string, string][] {
  const items: [string, string] = ['items', trans.__('Saved objects…')];
  if (person.deleted_at) {
    return [items, ['undelete', trans.__('Take the deletion back')]];
  }
  return [
    items,
    ['plan', trans.__('Plan…')],
    ['end', trans.__('Sign out everywhere')],
    person.is_active
      ? ['disable', trans.__('Disable…')]
      : ['enable', trans.__('Enable')],
    ['delete', trans.__('Delete…')]
  ];
}
