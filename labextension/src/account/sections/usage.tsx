/**
 * How much of each limit is used.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Profile } from '../../api/models';
import { byteSize } from '../../ui/format';
import { Loading, useLoaded } from '../../ui/loaded';
import type { IAccountSectionProps } from '../sections';
import { quotaLabel } from '../words';

export default function UsageSection(props: IAccountSectionProps): JSX.Element {
  const { client, trans } = props;
  const loaded = useLoaded(signal => client.profile(signal), [client]);
  return (
    <Loading
      loaded={loaded}
      trans={trans}
      label={trans.__('Loading what is used')}
    >
      {profile => <Usage profile={profile} trans={trans} />}
    </Loading>
  );
}

function Usage(props: {
  profile: Profile;
  trans: TranslationBundle;
}): JSX.Element {
  const { profile, trans } = props;
  const quotas = Object.entries(profile.quotas);
  const number = new Intl.NumberFormat();
  return (
    <ul className="jp-QuantLab-Usage">
      {quotas.map(([name, quota]) => {
        const show = (value: number): string =>
          name.includes('storage') ? byteSize(value) : number.format(value);
        const label = quotaLabel(name, trans);
        const bounded = quota.limit > 0;
        return (
          <li key={name}>
            <span>{label}</span>
            {bounded ? (
              <meter
                aria-label={label}
                min={0}
                max={quota.limit}
                high={quota.limit * 0.9}
                value={quota.used}
              />
            ) : (
              <span />
            )}
            <span className="jp-QuantLab-number">
              {bounded
                ? trans.__('%1 of %2', show(quota.used), show(quota.limit))
                : show(quota.used)}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
