/**
 * The people of the tenant: found, made, changed, signed out, disabled, deleted; and what they saved.
 */
import * as React from 'react';

import { roleLabel } from '../../account/words';
import type { AdminUser } from '../../api/models';
import { TextField } from '../../ui/fields';
import { Paged, usePaged } from '../../ui/paged';
import { Select } from '../../ui/select';
import { useSettled } from '../../ui/settled';
import { EmptyState } from '../../ui/states';
import { CreateUser } from '../createUser';
import { ROLES } from '../ids';
import { Items } from '../items';
import type { IAdminSectionProps } from '../sections';
import { PeopleTable } from '../table';

export default function UsersSection(props: IAdminSectionProps): JSX.Element {
  const { admin, trans } = props;
  const [typed, setTyped] = React.useState('');
  const [filters, setFilters] = React.useState({
    role: '',
    state: '',
    sort: 'username'
  });
  const [person, setPerson] = React.useState<AdminUser | null>(null);
  const q = useSettled(typed.trim());
  const { role, state, sort } = filters;
  const list = usePaged(
    (cursor, signal) => admin.users({ ...filters, q, cursor }, signal),
    [admin, q, role, state, sort]
  );
  const set = (name: keyof typeof filters) => (value: string) =>
    setFilters({ ...filters, [name]: value });
  const content = React.useRef<HTMLDivElement>(null);
  if (person) {
    const back = (): void => {
      setPerson(null);
      // Once the list is there again: going on by keyboard begins where it was left.
      window.requestAnimationFrame(() => {
        const label = trans.__('Actions for %1', person.username);
        content.current
          ?.querySelector<HTMLElement>(`[aria-label="${CSS.escape(label)}"]`)
          ?.focus();
      });
    };
    return <Items {...props} person={person} onBack={back} />;
  }
  return (
    <div ref={content}>
      <div className="jp-QuantLab-Admin-filters" role="search">
        <TextField
          id="quantlab-admin-search"
          label={trans.__('Search')}
          value={typed}
          onChange={setTyped}
        />
        <Select
          label={trans.__('Filter by role')}
          value={filters.role}
          options={[
            ['', trans.__('Every role')],
            ...ROLES.map((one): [string, string] => [
              one,
              roleLabel(one, trans)
            ])
          ]}
          onChange={set('role')}
        />
        <Select
          label={trans.__('Filter by state')}
          value={filters.state}
          options={[
            ['', trans.__('Every state')],
            ['active', trans.__('Active')],
            ['disabled', trans.__('Disabled')],
            ['deleted', trans.__('Deleted')]
          ]}
          onChange={set('state')}
        />
        <Select
          label={trans.__('Order')}
          isFilter={false}
          value={filters.sort}
          options={[
            ['username', trans.__('By name')],
            ['-username', trans.__('By name, downwards')],
            ['-created_at', trans.__('Newest first')],
            ['created_at', trans.__('Oldest first')]
          ]}
          onChange={set('sort')}
        />
      </div>
      <Paged
        paged={list}
        trans={trans}
        label={trans.__('Loading the people')}
        count={(shown, total) =>
          shown < (total ?? 0)
            ? trans.__('%1 of %2 people shown', shown, total ?? 0)
            : trans._n('%1 person', '%1 people', shown)
        }
        empty={
          <EmptyState
            title={trans.__('Nobody found')}
            text={trans.__('Nobody of the tenant is as the filters want.')}
          />
        }
      >
        {people => (
          <PeopleTable
            {...props}
            people={people}
            onItems={setPerson}
            onPut={list.put}
            onChanged={list.again}
          />
        )}
      </Paged>
      <CreateUser {...props} onMade={list.again} />
    </div>
  );
}
