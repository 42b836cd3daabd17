/**
 * A field that narrows a list to one person of the tenant, found by name or address.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { AdminUser } from '../api/models';
import { Field } from '../ui/fields';
import type { AdminClient } from './client';
import { findPeople, named } from './finding';

/** After so long without a key people are looked up. Milliseconds. */
const TYPING = 250;

export function PersonFilter(props: {
  id: string;
  admin: AdminClient;
  trans: TranslationBundle;
  /** The id of who is meant; empty: anybody. */
  onPerson: (id: string) => void;
}): JSX.Element {
  const { id, admin, trans, onPerson } = props;
  const [typed, setTyped] = React.useState('');
  const [found, setFound] = React.useState<readonly AdminUser[] | null>(null);
  const [error, setError] = React.useState<string | null>(null);
  const tell = React.useRef(onPerson);
  tell.current = onPerson;
  React.useEffect(() => {
    const looking = new AbortController();
    const look = async (): Promise<void> => {
      const people = await findPeople(admin, typed, undefined, looking.signal);
      const person = named(people, typed);
      setFound(people);
      tell.current(person?.id ?? '');
      setError(
        person || people.length > 0
          ? null
          : trans.__('There is nobody of that name or address here.')
      );
    };
    setError(null);
    if (typed.trim() === '') {
      tell.current('');
      return;
    }
    const timer = setTimeout(() => {
      look().catch(() => {
        if (!looking.signal.aborted) {
          setError(trans.__('The people could not be looked up. Try again.'));
        }
      });
    }, TYPING);
    return () => {
      clearTimeout(timer);
      looking.abort();
    };
  }, [admin, trans, typed]);
  return (
    <>
      <Field
        id={id}
        label={trans.__('Person')}
        optional={trans.__('(name or address)')}
        error={error}
      >
        {aria => (
          <input
            {...aria}
            className="jp-mod-styled"
            list={`${id}-found`}
            value={typed}
            autoComplete="off"
            spellCheck={false}
            maxLength={200}
            onChange={event => setTyped(event.target.value)}
          />
        )}
      </Field>
      <datalist id={`${id}-found`}>
        {found?.map(one => (
          <option key={one.id} value={one.username} />
        ))}
      </datalist>
    </>
  );
}
