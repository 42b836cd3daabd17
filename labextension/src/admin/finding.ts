/**
 * People of the tenant by what somebody types of them.
 */
import type { AdminUser } from '../api/models';
import type { AdminClient } from './client';

/** Whom somebody means by a username or an address; undefined: nobody has exactly that. */
export function named(
  people: readonly AdminUser[],
  text: string
): AdminUser | undefined {
  const wanted = text.trim().toLowerCase();
  return people.find(
    one =>
      one.username.toLowerCase() === wanted ||
      one.email?.toLowerCase() === wanted
  );
}

/** Some whose name or address has these characters. */
export async function findPeople(
  admin: AdminClient,
  text: string,
  state?: string,
  signal?: AbortSignal
): Promise<AdminUser[]> {
  const query = { q: text.trim() || undefined, state };
  return (await admin.users(query, signal)).items;
}
