/**
 * What the audit log is narrowed to, as it is typed and as the service is asked.
 */
import { beginOfDay } from '../ui/days';
import type { EventsQuery } from './client';

export interface IAuditFilters {
  tag: string;
  /** Id of a person; empty: anybody. */
  person: string;
  /** Whether the person is whom it concerns, or who acted. */
  part: 'user' | 'actor';
  /** First and last day, as a field for dates has them. */
  from: string;
  to: string;
}

export const EVERYTHING: IAuditFilters = {
  tag: '',
  person: '',
  part: 'user',
  from: '',
  to: ''
};

/** The question; what is empty or no day does not narrow. Days are the viewer's. */
export function queryOf(filters: IAuditFilters): EventsQuery {
  const { tag, person, part, from, to } = filters;
  return {
    ...(tag ? { tag } : {}),
    ...(person ? { [part]: person } : {}),
    since: beginOfDay(from)?.toISOString(),
    until: beginOfDay(to, 1)?.toISOString()
  };
}

/** Whether the days are in order. */
export function isInOrder({ from, to }: IAuditFilters): boolean {
  const begin = beginOfDay(from);
  const end = beginOfDay(to);
  return begin === null || end === null || begin <= end;
}
