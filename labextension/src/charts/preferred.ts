/**
 * The time zone that a person wants where a layout says none: kept in the profile, so that it is the same everywhere.
 */
import type { Profile, ProfileUpdate } from '../api/models';
import { EXCHANGE } from './zones';

interface IProfiles {
  profile(): Promise<Profile>;
  updateProfile(change: ProfileUpdate): Promise<unknown>;
}

const asked = new WeakMap<IProfiles, Promise<string>>();

/** Charts of one page ask once between them. Never rejects: without a profile it is the exchange's. */
export function preferredZone(client: IProfiles): Promise<string> {
  let zone = asked.get(client);
  if (!zone) {
    zone = client.profile().then(
      ({ preferences }) => preferences.timezone ?? EXCHANGE,
      () => {
        asked.delete(client);
        return EXCHANGE;
      }
    );
    asked.set(client, zone);
  }
  return zone;
}

/** Keep it for the signed-in person; other preferences stay. Rejects as the client does. */
export async function keepZone(client: IProfiles, zone: string): Promise<void> {
  const { preferences } = await client.profile();
  await client.updateProfile({
    preferences: { ...preferences, timezone: zone }
  });
  asked.set(client, Promise.resolve(zone));
}
