/**
 * Who one is: name, address, tenant, role and plan. The username can be changed.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { userIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { ApiError } from '../../api/errors';
import type { Profile } from '../../api/models';
import { TextField } from '../../ui/fields';
import { fullTime, relativeTime } from '../../ui/format';
import { Loading, useLoaded } from '../../ui/loaded';
import { nameMessage, nameProblem } from '../../ui/names';
import { ErrorBox } from '../../ui/states';
import type { IAccountSectionProps } from '../sections';
import { roleLabel } from '../words';

export default function ProfileSection(
  props: IAccountSectionProps
): JSX.Element {
  const { client, session, trans } = props;
  const loaded = useLoaded(signal => client.profile(signal), [client]);
  const { user } = session;
  return (
    <>
      <div className="jp-QuantLab-Account-who">
        <userIcon.react tag="span" width="40px" height="40px" />
        <div>
          <p className="jp-QuantLab-Account-name">
            <bdi>{user?.username}</bdi>
          </p>
          <p className="jp-QuantLab-muted">
            {user?.is_local
              ? trans.__('The account of whoever holds this Jupyter server')
              : (user?.email ?? '')}
          </p>
        </div>
      </div>
      <Loading
        loaded={loaded}
        trans={trans}
        label={trans.__('Loading the account')}
      >
        {profile => (
          <>
            <Facts profile={profile} trans={trans} />
            <Username {...props} profile={profile} onChanged={loaded.again} />
          </>
        )}
      </Loading>
    </>
  );
}

function Facts(props: {
  profile: Profile;
  trans: TranslationBundle;
}): JSX.Element {
  const { profile, trans } = props;
  const facts: [string, string][] = [
    [trans.__('Tenant'), profile.user.tenant_name],
    [trans.__('Role'), roleLabel(profile.role, trans)],
    [trans.__('Plan'), profile.tier]
  ];
  return (
    <dl className="jp-QuantLab-Facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <bdi>{value}</bdi>
          </dd>
        </div>
      ))}
      <div>
        <dt>{trans.__('Since')}</dt>
        <dd title={fullTime(profile.created_at)}>
          {relativeTime(profile.created_at)}
        </dd>
      </div>
    </dl>
  );
}

function Username(
  props: IAccountSectionProps & { profile: Profile; onChanged: () => void }
): JSX.Element {
  const { client, session, trans, profile, onChanged } = props;
  const [name, setName] = React.useState(profile.username);
  const [refused, setRefused] = React.useState<string | null>(null);
  const [error, setError] = React.useState<unknown>(null);
  const [said, setSaid] = React.useState('');
  const save = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    setSaid('');
    setError(null);
    const problem = nameProblem(name);
    if (problem) {
      setRefused(nameMessage(problem, trans));
      return;
    }
    try {
      await client.updateProfile({ username: name });
      setSaid(trans.__('Saved.'));
      await session.refresh();
      onChanged();
    } catch (reason) {
      const field =
        reason instanceof ApiError
          ? reason.fields.find(one => one.path === 'username')
          : undefined;
      setRefused(field?.message ?? null);
      setError(field ? null : reason);
    }
  };
  return (
    <form
      className="jp-QuantLab-Form jp-QuantLab-Account-form"
      onSubmit={event => void save(event)}
    >
      <TextField
        id="quantlab-username"
        label={trans.__('Username')}
        hint={trans.__(
          'You can sign in with it, and people of your tenant see it.'
        )}
        value={name}
        autoComplete="username"
        error={refused}
        onChange={value => {
          setName(value);
          setRefused(null);
          setSaid('');
        }}
      />
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button type="submit" className="jp-mod-styled jp-mod-accept">
          {trans.__('Save username')}
        </button>
        <span role="status" className="jp-QuantLab-muted">
          {said}
        </span>
      </div>
    </form>
  );
}
