import { describe, expect, it } from 'vitest';

import type { Profile, ProfileUpdate } from '../../api/models';
import { keepZone, preferredZone } from '../preferred';
import { EXCHANGE } from '../zones';

/** A profile as the service keeps it. */
function profiles(preferences: Partial<Profile['preferences']>) {
  let kept = { theme: 'dark', ...preferences } as Profile['preferences'];
  const client = {
    asked: 0,
    isAway: false,
    profile: () => {
      client.asked++;
      return client.isAway
        ? Promise.reject(new Error('away'))
        : Promise.resolve({ preferences: kept } as Profile);
    },
    updateProfile: (change: ProfileUpdate) => {
      kept = change.preferences as Profile['preferences'];
      return Promise.resolve(kept);
    }
  };
  return client;
}

describe('the time zone that a person prefers', () => {
  it('is asked for once by all charts of a page', async () => {
    const client = profiles({ timezone: 'UTC' });
    await expect(
      Promise.all([preferredZone(client), preferredZone(client)])
    ).resolves.toEqual(['UTC', 'UTC']);
    expect(client.asked).toBe(1);
  });

  it('is the exchange’s where none is said', async () => {
    await expect(preferredZone(profiles({}))).resolves.toBe(EXCHANGE);
  });

  it('does not keep a chart from opening, and is asked for again', async () => {
    const client = profiles({ timezone: 'UTC' });
    client.isAway = true;
    await expect(preferredZone(client)).resolves.toBe(EXCHANGE);
    client.isAway = false;
    await expect(preferredZone(client)).resolves.toBe('UTC');
  });

  it('holds at once when it is changed, beside other preferences', async () => {
    const client = profiles({ timezone: 'UTC' });
    await preferredZone(client);
    await keepZone(client, 'local');
    await expect(preferredZone(client)).resolves.toBe('local');
    expect((await client.profile()).preferences).toMatchObject({
      theme: 'dark',
      timezone: 'local'
    });
  });
});
