/**
 * Buttons of other services that one can sign in at.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { OidcCode, OidcProvider, OidcStarted } from '../api/models';
import type { IQuantLabSession } from '../tokens';
import type { Problem } from '../ui/problems';
import { describe } from '../ui/problems';
import { ProblemBox } from '../ui/states';
import { ElsewhereError, logInElsewhere } from './elsewhere';

/** One button for each service, and what is going on in its window. */
export function ProviderButtons(props: {
  providers: OidcProvider[];
  trans: TranslationBundle;
  label: (provider: OidcProvider) => string;
  begin: (provider: string, challenge: string) => Promise<OidcStarted>;
  redeem: (body: OidcCode) => Promise<void>;
}): JSX.Element {
  const { providers, trans, label, begin, redeem } = props;
  const [under, setUnder] = React.useState<AbortController | null>(null);
  const [problem, setProblem] = React.useState<Problem | null>(null);
  React.useEffect(() => () => under?.abort(), [under]);
  const go = async (name: string): Promise<void> => {
    const attempt = new AbortController();
    setUnder(attempt);
    setProblem(null);
    try {
      await redeem(
        await logInElsewhere(
          challenge => begin(name, challenge),
          attempt.signal
        )
      );
    } catch (error) {
      if (!attempt.signal.aborted) {
        setProblem(explain(error, trans));
      }
    }
    setUnder(now => (now === attempt ? null : now));
  };
  return (
    <div className="jp-QuantLab-Elsewhere">
      {problem ? <ProblemBox problem={problem} trans={trans} /> : null}
      {under ? (
        <div role="status" className="jp-QuantLab-Actions">
          <span>{trans.__('Go on in the other window.')}</span>
          <button
            type="button"
            className="jp-mod-styled jp-mod-reject"
            onClick={() => under.abort()}
          >
            {trans.__('Cancel')}
          </button>
        </div>
      ) : (
        <div className="jp-QuantLab-Actions">
          {providers.map(provider => (
            <button
              key={provider.name}
              type="button"
              className="jp-mod-styled jp-mod-reject"
              onClick={() => void go(provider.name)}
            >
              {label(provider)}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function explain(error: unknown, trans: TranslationBundle): Problem {
  if (!(error instanceof ElsewhereError)) {
    return describe(error, trans);
  }
  const message =
    error.reason === 'blocked'
      ? trans.__(
          'The browser did not open the window. Allow this site to open windows, and try again.'
        )
      : trans.__('This log-in did not work out. Start it again.');
  return { message, detail: '', retry: false };
}

/** Below the sign-in form; nothing where no service is set up. */
export function SignInElsewhere(props: {
  client: QuantLabClient;
  session: IQuantLabSession;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { client, session, trans } = props;
  const [providers, setProviders] = React.useState<OidcProvider[]>([]);
  React.useEffect(() => {
    const asked = new AbortController();
    client.oidc.providers(asked.signal).then(setProviders, () => {
      // The password form says itself that the service is out of reach.
    });
    return () => asked.abort();
  }, [client]);
  if (providers.length === 0) {
    return null;
  }
  return (
    <ProviderButtons
      providers={providers}
      trans={trans}
      label={({ label }) => trans.__('Sign in with %1', label)}
      begin={(name, challenge) => client.oidc.start(name, challenge)}
      redeem={body => session.signInElsewhere(body)}
    />
  );
}
