/**
 * Every way to sign in: the form and the buttons of other services, or the second step after one of those.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { IQuantLabSession } from '../tokens';
import type { ISecondStep } from './providers';
import { SignInElsewhere } from './providers';
import { SecondStep } from './secondStep';
import { SignIn } from './signin';

export function SignInPage(props: {
  client: QuantLabClient;
  session: IQuantLabSession;
  trans: TranslationBundle;
  /** Somebody is signed in, perhaps the same person as before. */
  onDone: () => void;
  /** Show the form to sign up. */
  onOther: () => void;
  /** Show the form for a forgotten password. */
  onForgot: () => void;
}): JSX.Element {
  const { client, session, trans, onDone } = props;
  const [step, setStep] = React.useState<ISecondStep | null>(null);
  if (step) {
    return (
      <SecondStep
        trans={trans}
        known={trans.__('The log-in at the other service worked.')}
        asked={step.asked}
        signIn={second =>
          session.signInElsewhere({ ...step.ticket, ...second })
        }
        onDone={onDone}
        onBack={() => setStep(null)}
      />
    );
  }
  return (
    <>
      <SignIn {...props} />
      <SignInElsewhere
        client={client}
        session={session}
        trans={trans}
        onDone={onDone}
        onAsked={setStep}
      />
    </>
  );
}
