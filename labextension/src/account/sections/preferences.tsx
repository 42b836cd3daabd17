/**
 * What follows a person from device to device: the theme, the time zone, what new charts begin with.
 */
import * as React from 'react';

import { Loading, useLoaded } from '../../ui/loaded';
import { ChartSettings } from '../chartSettings';
import type { IAccountSectionProps } from '../sections';
import { ThemeChoice } from '../themeChoice';

export default function PreferencesSection(
  props: IAccountSectionProps
): JSX.Element {
  const { client, themes, trans } = props;
  const loaded = useLoaded(signal => client.profile(signal), [client]);
  return (
    <Loading
      loaded={loaded}
      trans={trans}
      label={trans.__('Loading the preferences')}
    >
      {profile => (
        <>
          <ThemeChoice
            client={client}
            profile={profile}
            themes={themes}
            trans={trans}
          />
          <ChartSettings client={client} profile={profile} trans={trans} />
        </>
      )}
    </Loading>
  );
}
