/**
 * Buttons of other services that one can sign in at.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { ApiError } from '../api/errors';
import type { OidcCode, OidcProvider, OidcStarted } from '../api/models';
import type { IQuantLabSession } from '../tokens';
import { useLoaded } from '../ui/loaded';
import type { Problem } from '../ui/problems';
import { describe } from '../ui/problems';
import { ErrorBox, ProblemBox } from '../ui/states';
import { ElsewhereError, logInElsewhere } from './elsewhere';
import { isAsked } from './secondStep';

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

/** What the account asks for after a log-in elsewhere; the ticket stands for that. */
export interface ISecondStep {
  asked: ApiError;
  ticket: OidcCode;
}

function ticketOf(asked: ApiError, { verifier }: OidcCode): OidcCode {
  return { code: String(asked.details.ticket), verifier };
}

/** Below the sign-in form; nothing where no service is set up. */
export function SignInElsewhere(props: {
  client: QuantLabClient;
  session: IQuantLabSession;
  trans: TranslationBundle;
  /** Somebody is signed in, perhaps the same person as before. */
  onDone: () => void;
  /** The account asks for a second step. */
  onAsked: (step: ISecondStep) => void;
}): JSX.Element | null {
  const { client, session, trans, onDone, onAsked } = props;
  const { value, error, again } = useLoaded(
    signal => client.oidc.providers(signal),
    [client]
  );
  if (value === null && error) {
    return <ErrorBox error={error} trans={trans} onRetry={again} />;
  }
  const providers = value ?? [];
  if (providers.length === 0) {
    return null;
  }
  return (
    <ProviderButtons
      providers={providers}
      trans={trans}
      label={({ label }) => trans.__('Sign in with %1', label)}
      begin={(name, challenge) => client.oidc.start(name, challenge)}
      redeem={async body => {
        try {
          await session.signInElsewhere(body);
        } catch (asked) {
          if (!isAsked(asked)) {
            throw asked;
          }
          onAsked({ asked, ticket: ticketOf(asked, body) });
          return;
        }
        onDone();
      }}
    />
  );
}
