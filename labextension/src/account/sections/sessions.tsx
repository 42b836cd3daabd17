/**
 * Where one is signed in, and signing out here, elsewhere or everywhere.
 */
import * as React from 'react';

import type { LogOutScope, SessionInfo } from '../../api/models';
import { fullTime, relativeTime } from '../../ui/format';
import { Loading, useLoaded } from '../../ui/loaded';
import { ErrorBox } from '../../ui/states';
import type { IAccountSectionProps } from '../sections';
import { sessionLabel } from '../words';

export default function SessionsSection(
  props: IAccountSectionProps
): JSX.Element {
  const { client, trans } = props;
  const loaded = useLoaded(signal => client.sessions(signal), [client]);
  return (
    <>
      <Loading
        loaded={loaded}
        trans={trans}
        label={trans.__('Loading the sessions')}
      >
        {sessions => (
          <Sessions {...props} sessions={sessions} onChanged={loaded.again} />
        )}
      </Loading>
      <SignOut {...props} onChanged={loaded.again} />
    </>
  );
}

function Sessions(
  props: IAccountSectionProps & {
    sessions: SessionInfo[];
    onChanged: () => void;
  }
): JSX.Element {
  const { client, sessions, trans, onChanged } = props;
  const [error, setError] = React.useState<unknown>(null);
  const [ended, setEnded] = React.useState<ReadonlySet<string>>(new Set());
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
    <>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <ul
        className="jp-QuantLab-Sessions"
        aria-label={trans.__('Where you are signed in')}
      >
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
    </>
  );
}

function SignOut(
  props: IAccountSectionProps & { onChanged: () => void }
): JSX.Element {
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
