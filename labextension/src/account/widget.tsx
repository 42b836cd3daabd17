/**
 * The account in the main area: who am I, usage, sessions; or the forms to sign in and up.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, userIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import { isAborted } from '../api/errors';
import type { LogOutScope, Profile, SessionInfo } from '../api/models';
import type { IQuantLabSession } from '../tokens';
import { byteSize, fullTime, relativeTime } from '../ui/format';
import { ErrorBox, Skeleton } from '../ui/states';
import { ChartSettings } from './chartSettings';
import type { AccountPage } from './ids';
import { SignIn, SignUp } from './signin';
import { quotaLabel, roleLabel, sessionLabel } from './words';

import '../../style/ui.css';
import '../../style/account.css';

export interface IAccountOptions {
  client: QuantLabClient;
  session: IQuantLabSession;
  trans: TranslationBundle;
}

/** The content of the Account tab. */
export class AccountWidget extends ReactWidget {
  constructor(private readonly _options: IAccountOptions) {
    super();
    this.addClass('jp-QuantLab-Account');
    // Sign-in forms need to know what is allowed.
    void _options.session.ready();
    this._asked = _options.session.state !== 'unknown';
    this._user = _options.session.user?.id ?? null;
    _options.session.changed.connect(this._onSession, this);
  }

  get page(): AccountPage {
    return this._page;
  }

  /** Which form a signed-out person sees; a signed-in person asking for one may use another account. */
  set page(page: AccountPage) {
    this._page = page;
    this.update();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._options.session.changed.disconnect(this._onSession, this);
      super.dispose();
    }
  }

  protected override render(): JSX.Element {
    return (
      <Account
        {...this._options}
        page={this._page}
        onPage={page => {
          this.page = page;
        }}
      />
    );
  }

  private _onSession(): void {
    const { user, state } = this._options.session;
    if (user && this._asked && user.id !== this._user) {
      // Signing in was what the form was for.
      this._page = 'overview';
    }
    this._asked ||= state !== 'unknown';
    this._user = user?.id ?? null;
    this.update();
  }

  private _page: AccountPage = 'overview';
  private _user: string | null;
  /** It was known who is here: a change of person since then is somebody signing in. */
  private _asked: boolean;
}

interface IPageProps extends IAccountOptions {
  page: AccountPage;
  onPage: (page: AccountPage) => void;
}

function Account(props: IPageProps): JSX.Element {
  const { session, trans, page, onPage } = props;
  if (session.state === 'unreachable' && !session.user) {
    return (
      <ErrorBox
        error={new Error(trans.__('The QuantLab service cannot be reached.'))}
        trans={trans}
        onRetry={() => void session.refresh()}
      />
    );
  }
  if (session.state === 'unknown') {
    return <Skeleton rows={4} label={trans.__('Loading the account')} />;
  }
  if (session.user && page === 'overview') {
    return <Overview key={session.user.id} {...props} />;
  }
  return (
    <div className="jp-QuantLab-Account-card">
      {session.ended ? (
        <p role="status" className="jp-QuantLab-Note">
          {trans.__(
            'Your session has ended. What you were editing is kept in this browser; sign in again to go on.'
          )}
        </p>
      ) : null}
      {page === 'sign-up' ? (
        <SignUp
          session={session}
          trans={trans}
          onOther={() => onPage('sign-in')}
        />
      ) : (
        <SignIn
          session={session}
          trans={trans}
          onOther={() => onPage('sign-up')}
        />
      )}
      <Others {...props} />
    </div>
  );
}

/** The ways around the form: the local account, or back to the account in use. */
function Others(props: IPageProps): JSX.Element | null {
  const { session, trans, onPage } = props;
  const [error, setError] = React.useState<unknown>(null);
  if (session.user) {
    return (
      <div className="jp-QuantLab-Account-other">
        <button
          type="button"
          className="jp-QuantLab-Link"
          onClick={() => onPage('overview')}
        >
          {trans.__('Back to %1', session.user.username)}
        </button>
      </div>
    );
  }
  if (!session.config?.local_account) {
    return null;
  }
  return (
    <div className="jp-QuantLab-Account-other">
      <p>
        {trans.__(
          'This Jupyter server has an account of its own for the person who holds it. No password is needed.'
        )}
      </p>
      <button
        type="button"
        className="jp-mod-styled jp-mod-reject"
        onClick={() => {
          session.continueAsLocal().catch(setError);
        }}
      >
        {trans.__('Continue as local user')}
      </button>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
    </div>
  );
}

type Loaded = { profile: Profile; sessions: SessionInfo[] };

function Overview(props: IPageProps): JSX.Element {
  const { client, session, trans } = props;
  const [loaded, setLoaded] = React.useState<Loaded | null>(null);
  const [error, setError] = React.useState<unknown>(null);
  const [count, again] = React.useReducer((value: number) => value + 1, 0);
  React.useEffect(() => {
    const loading = new AbortController();
    Promise.all([
      client.profile(loading.signal),
      client.sessions(loading.signal)
    ])
      .then(([profile, sessions]) => {
        setLoaded({ profile, sessions });
        setError(null);
      })
      .catch((reason: unknown) => {
        if (!isAborted(reason)) {
          setError(reason);
        }
      });
    return () => loading.abort();
  }, [client, count]);
  const { user } = session;
  return (
    <div className="jp-QuantLab-Account-card">
      <div className="jp-QuantLab-Account-who">
        <userIcon.react tag="span" width="40px" height="40px" />
        <div>
          <h2>
            <bdi>{user?.username}</bdi>
          </h2>
          <p className="jp-QuantLab-muted">
            {user?.is_local
              ? trans.__('The account of whoever holds this Jupyter server')
              : (user?.email ?? '')}
          </p>
        </div>
      </div>
      {error ? <ErrorBox error={error} trans={trans} onRetry={again} /> : null}
      {loaded ? (
        <>
          <Facts profile={loaded.profile} trans={trans} />
          <ChartSettings
            client={client}
            profile={loaded.profile}
            trans={trans}
          />
          <Usage profile={loaded.profile} trans={trans} />
          <Sessions {...props} sessions={loaded.sessions} onChanged={again} />
          <SignOut {...props} onChanged={again} />
        </>
      ) : error ? null : (
        <Skeleton rows={4} label={trans.__('Loading the account')} />
      )}
    </div>
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

function Usage(props: {
  profile: Profile;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { profile, trans } = props;
  const quotas = Object.entries(profile.quotas);
  if (quotas.length === 0) {
    return null;
  }
  const number = new Intl.NumberFormat();
  return (
    <section aria-labelledby="quantlab-usage">
      <h3 id="quantlab-usage">{trans.__('Usage')}</h3>
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
    </section>
  );
}

function Sessions(
  props: IPageProps & { sessions: SessionInfo[]; onChanged: () => void }
): JSX.Element | null {
  const { client, sessions, trans, onChanged } = props;
  const [error, setError] = React.useState<unknown>(null);
  const [ended, setEnded] = React.useState<ReadonlySet<string>>(new Set());
  if (sessions.length === 0) {
    return null;
  }
  const end = async (id: string): Promise<void> => {
    setEnded(new Set([...ended, id]));
    try {
      await client.endSession(id);
      setError(null);
    } catch (reason) {
      setEnded(new Set([...ended].filter(other => other !== id)));
      setError(reason);
    }
    onChanged();
  };
  return (
    <section aria-labelledby="quantlab-sessions">
      <h3 id="quantlab-sessions">{trans.__('Where you are signed in')}</h3>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <ul className="jp-QuantLab-Sessions">
        {sessions
          .filter(session => !ended.has(session.id))
          .map(session => (
            <li key={session.id}>
              <div>
                <bdi>{sessionLabel(session, trans)}</bdi>
                {session.current ? (
                  <span className="jp-QuantLab-Badge">
                    {trans.__('this one')}
                  </span>
                ) : null}
                <div className="jp-QuantLab-muted">
                  {session.address ? <bdi>{session.address} · </bdi> : null}
                  <time
                    dateTime={session.last_used_at}
                    title={fullTime(session.last_used_at)}
                  >
                    {trans.__(
                      'last used %1',
                      relativeTime(session.last_used_at)
                    )}
                  </time>
                </div>
              </div>
              {session.current ? null : (
                <button
                  type="button"
                  className="jp-mod-styled jp-mod-reject"
                  aria-label={trans.__(
                    'End session: %1',
                    sessionLabel(session, trans)
                  )}
                  onClick={() => void end(session.id)}
                >
                  {trans.__('End')}
                </button>
              )}
            </li>
          ))}
      </ul>
    </section>
  );
}

function SignOut(props: IPageProps & { onChanged: () => void }): JSX.Element {
  const { session, trans, onPage, onChanged } = props;
  const [error, setError] = React.useState<unknown>(null);
  const out = async (scope: LogOutScope): Promise<void> => {
    try {
      await session.signOut(scope);
      if (scope === 'others') {
        onChanged();
      } else {
        onPage('sign-in');
      }
    } catch (reason) {
      setError(reason);
    }
  };
  const acts: [LogOutScope, string][] = session.user?.is_local
    ? [['this', trans.__('Sign out')]]
    : [
        ['this', trans.__('Sign out')],
        ['others', trans.__('Sign out everywhere else')],
        ['all', trans.__('Sign out everywhere')]
      ];
  return (
    <div className="jp-QuantLab-Account-out">
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        {acts.map(([scope, label]) => (
          <button
            key={scope}
            type="button"
            className="jp-mod-styled jp-mod-reject"
            onClick={() => void out(scope)}
          >
            {label}
          </button>
        ))}
        {session.user?.is_local ? (
          <button
            type="button"
            className="jp-mod-styled jp-mod-reject"
            onClick={() => onPage('sign-in')}
          >
            {trans.__('Use another account')}
          </button>
        ) : null}
      </div>
    </div>
  );
}
