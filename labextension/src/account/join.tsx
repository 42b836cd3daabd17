/**
 * What the link of an invitation leads to: an account in the tenant, or moving the one that is signed in.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { OpenInvitation } from '../api/models';
import type { IQuantLabSession } from '../tokens';
import { Loading, useLoaded } from '../ui/loaded';
import { ErrorBox } from '../ui/states';
import { SignUp } from './signin';
import { roleLabel } from './words';

export interface IJoinProps {
  client: QuantLabClient;
  session: IQuantLabSession;
  trans: TranslationBundle;
  token: string;
  onSignIn: () => void;
  onForgot: () => void;
  /** It is done, or left. */
  onDone: () => void;
}

export function Join(props: IJoinProps): JSX.Element {
  const { client, session, trans, token } = props;
  const loaded = useLoaded(
    signal => client.invitations.show(token, signal),
    [client, token]
  );
  const { user } = session;
  return (
    <Loading
      loaded={loaded}
      trans={trans}
      label={trans.__('Loading the invitation')}
    >
      {offered =>
        user && !user.is_local ? (
          <Move {...props} offered={offered} />
        ) : (
          <>
            <p>
              {trans.__(
                '%1 invites you to “%2” as %3.',
                offered.invited_by,
                offered.tenant,
                roleLabel(offered.role, trans)
              )}
            </p>
            <SignUp
              session={session}
              trans={trans}
              invitation={{ token, email: offered.email }}
              onOther={props.onSignIn}
              onForgot={props.onForgot}
              onDone={props.onDone}
            />
          </>
        )
      }
    </Loading>
  );
}

function Move(props: IJoinProps & { offered: OpenInvitation }): JSX.Element {
  const { session, trans, token, offered, onSignIn, onDone } = props;
  const [error, setError] = React.useState<unknown>(null);
  const [isBusy, setIsBusy] = React.useState(false);
  const [joined, setJoined] = React.useState(false);
  const heading = React.useRef<HTMLHeadingElement>(null);
  React.useEffect(() => heading.current?.focus(), [joined]);
  const { user } = session;
  const role = roleLabel(offered.role, trans);
  const accept = async (): Promise<void> => {
    if (isBusy) {
      return;
    }
    setIsBusy(true);
    try {
      await session.acceptInvitation(token);
      setError(null);
      setJoined(true);
    } catch (reason) {
      setError(reason);
    } finally {
      setIsBusy(false);
    }
  };
  if (joined) {
    return (
      <div className="jp-QuantLab-Form">
        <h2 ref={heading} tabIndex={-1}>
          {trans.__('You belong to %1', offered.tenant)}
        </h2>
        <p role="status">
          {trans.__(
            'Your items moved with you. You are signed out everywhere else.'
          )}
        </p>
        <div className="jp-QuantLab-Actions">
          <button
            type="button"
            className="jp-mod-styled jp-mod-accept"
            onClick={onDone}
          >
            {trans.__('To your account')}
          </button>
        </div>
      </div>
    );
  }
  const isOther =
    offered.email !== null &&
    offered.email.toLowerCase() !== user?.email?.toLowerCase();
  return (
    <div className="jp-QuantLab-Form">
      <h2 ref={heading} tabIndex={-1}>
        {trans.__('Join %1 as %2?', offered.tenant, role)}
      </h2>
      {isOther ? (
        <p role="status" className="jp-QuantLab-Note">
          {trans.__(
            'This invitation is for %1. Sign in with the account of that address.',
            offered.email ?? ''
          )}
        </p>
      ) : (
        <>
          <p>
            {trans.__(
              '%1 invites you. Your account %2 moves there from %3; your items move with you.',
              offered.invited_by,
              user?.username ?? '',
              user?.tenant_name ?? ''
            )}
          </p>
          <p>
            {trans.__(
              'What you share with people there, and what they share with you, ends. You are signed out everywhere else.'
            )}
          </p>
        </>
      )}
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        {isOther ? null : (
          <button
            type="button"
            className="jp-mod-styled jp-mod-warn"
            aria-disabled={isBusy}
            onClick={() => void accept()}
          >
            {trans.__('Join and move my account')}
          </button>
        )}
        <button type="button" className="jp-QuantLab-Link" onClick={onSignIn}>
          {trans.__('Use another account')}
        </button>
      </div>
    </div>
  );
}
