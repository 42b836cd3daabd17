/**
 * A list of people, a page at a time, and what is done with them.
 */
import * as React from 'react';

import { isAborted } from '../api/errors';
import type { AdminUser } from '../api/models';
import type { AdminClient, PeopleQuery } from './client';

export interface IPeople {
  /** Null until the first page is there. */
  people: readonly AdminUser[] | null;
  total: number;
  error: unknown;
  /** Ask for the next page; null: that is all. */
  more: (() => Promise<void>) | null;
  /** Ask again from the start. */
  again: () => void;
  /** Somebody is different now. */
  put: (person: AdminUser) => void;
}

/** People as the filters have them; asked again when these change. */
export function usePeople(admin: AdminClient, query: PeopleQuery): IPeople {
  const [people, setPeople] = React.useState<readonly AdminUser[] | null>(null);
  const [total, setTotal] = React.useState(0);
  const [cursor, setCursor] = React.useState<string | null>(null);
  const [error, setError] = React.useState<unknown>(null);
  const [count, again] = React.useReducer((value: number) => value + 1, 0);
  const { q, role, state, sort } = query;
  React.useEffect(() => {
    const loading = new AbortController();
    admin
      .users({ q, role, state, sort }, loading.signal)
      .then(page => {
        setPeople(page.items);
        setTotal(page.total ?? page.items.length);
        setCursor(page.next_cursor);
        setError(null);
      })
      .catch((reason: unknown) => {
        if (!isAborted(reason)) {
          setError(reason);
        }
      });
    return () => loading.abort();
  }, [admin, q, role, state, sort, count]);
  const more = async (): Promise<void> => {
    try {
      const page = await admin.users({ q, role, state, sort, cursor });
      setPeople([...(people ?? []), ...page.items]);
      setCursor(page.next_cursor);
      setError(null);
    } catch (reason) {
      setError(reason);
    }
  };
  return {
    people,
    total,
    error,
    more: cursor ? more : null,
    again,
    put: person =>
      setPeople(
        now => now?.map(one => (one.id === person.id ? person : one)) ?? null
      )
  };
}
