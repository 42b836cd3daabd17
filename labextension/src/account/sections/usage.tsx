/**
 * How much of each limit is used.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Profile } from '../../api/models';
import { byteSize, fullTime } from '../../ui/format';
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
      {profile => (
        <>
          <Plan profile={profile} trans={trans} />
          <Usage profile={profile} trans={trans} />
        </>
      )}
    </Loading>
  );
}

interface IUsageProps {
  profile: Profile;
  trans: TranslationBundle;
}

/** The tier that the limits come from, and until when. */
function Plan({ profile, trans }: IUsageProps): JSX.Element {
  const { tier, tier_expires_at: until } = profile;
  return (
    <p>
      {until ? (
        <>
          {trans.__('Your plan: %1, until', tier)}{' '}
          <time dateTime={until}>{fullTime(until)}</time>.
        </>
      ) : (
        trans.__('Your plan: %1.', tier)
      )}
    </p>
  );
}

/** One limit: a bar, the figures, and what is to be known besides. */
function Bar(props: {
  label: string;
  used: number;
  limit: number;
  show: (value: number) => string;
  resets?: string;
  trans: TranslationBundle;
}): JSX.Element {
  const { label, used, limit, show, resets, trans } = props;
  return (
    <li>
      <span>{label}</span>
      {limit > 0 ? (
        <meter
          aria-label={label}
          min={0}
          max={limit}
          high={limit * 0.9}
          value={used}
        />
      ) : (
        <span />
      )}
      <span className="jp-QuantLab-number">
        {limit > 0 ? trans.__('%1 of %2', show(used), show(limit)) : show(used)}
        {resets ? <span className="jp-QuantLab-muted"> · {resets}</span> : null}
      </span>
    </li>
  );
}

/** Hours, minutes and seconds here. */
function clockTime(iso: string): string {
  const format = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
  return format.format(new Date(iso));
}

function Usage({ profile, trans }: IUsageProps): JSX.Element {
  const number = new Intl.NumberFormat();
  const plain = (value: number): string => number.format(value);
  return (
    <ul className="jp-QuantLab-Usage">
      {Object.entries(profile.quotas).map(([name, quota]) => (
        <Bar
          key={name}
          label={quotaLabel(name, trans)}
          show={name.includes('storage') ? byteSize : plain}
          trans={trans}
          {...quota}
        />
      ))}
      {Object.entries(profile.rates ?? {}).map(([name, rate]) => (
        <Bar
          key={name}
          label={quotaLabel(name, trans)}
          show={plain}
          resets={trans.__('starts again at %1', clockTime(rate.resets_at))}
          trans={trans}
          {...rate}
        />
      ))}
    </ul>
  );
}
