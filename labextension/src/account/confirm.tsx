/**
 * The question that comes before lasting harm: is it really you?
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import { ApiError } from '../api/errors';
import type { OidcProvider, StepUp, StepUpOptions } from '../api/models';
import { PasswordField, TextField } from '../ui/fields';
import { ask } from '../ui/modal';
import { ErrorBox } from '../ui/states';
import { canUsePasskeys, isDeclined, signWithPasskey } from './passkeys';
import { ProviderButtons } from './providers';

/** True once the person proved again who it is, false when it does not want to. */
export async function confirmPerson(
  client: QuantLabClient,
  trans: TranslationBundle
): Promise<boolean> {
  const options = await client.factors.stepUpOptions();
  // Without any means of their own, the person comes by another service.
  const hasMeans = options.password || options.code || options.passkey;
  const providers = hasMeans ? [] : await linkedProviders(client);
  const done = await ask<true>(trans.__('Confirm that it is you'), answer => (
    <ConfirmForm
      client={client}
      trans={trans}
      options={options}
      providers={providers}
      onDone={answer}
    />
  ));
  return done !== null;
}

/** The services that lead to the account and can be asked now. */
async function linkedProviders(
  client: QuantLabClient
): Promise<OidcProvider[]> {
  const [links, providers] = await Promise.all([
    client.oidc.links(),
    client.oidc.providers()
  ]);
  return providers.filter(({ name }) =>
    links.some(({ provider }) => provider === name)
  );
}

/** What can be typed; where the account has both, both are asked for. */
type Means = 'password' | 'otp';

function ConfirmForm(props: {
  client: QuantLabClient;
  trans: TranslationBundle;
  options: StepUpOptions;
  providers: OidcProvider[];
  onDone: (done: true | null) => void;
}): JSX.Element {
  const { client, trans, options, providers, onDone } = props;
  const means: Means[] = [
    ...(options.password ? (['password'] as const) : []),
    ...(options.code ? (['otp'] as const) : [])
  ];
  const [typed, setTyped] = React.useState({ password: '', otp: '' });
  const [refused, setRefused] = React.useState<Means | null>(null);
  const [error, setError] = React.useState<unknown>(null);
  const [busy, setBusy] = React.useState(false);
  const isComplete = means.every(one => typed[one].trim() !== '');
  const prove = async (make: () => Promise<StepUp>): Promise<void> => {
    setBusy(true);
    setRefused(null);
    setError(null);
    try {
      await client.factors.stepUp(await make());
      onDone(true);
      return;
    } catch (reason) {
      const wrong = means.find(
        one => reason instanceof ApiError && reason.field(one)
      );
      if (wrong) {
        setRefused(wrong);
      } else if (!isDeclined(reason)) {
        setError(reason);
      }
    }
    setBusy(false);
  };
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    if (!busy && means.length > 0 && isComplete) {
      const body = Object.fromEntries(means.map(one => [one, typed[one]]));
      void prove(() => Promise.resolve(body));
    }
  };
  const byPasskey = async (): Promise<StepUp> => {
    // What a passkey signed is good for one try.
    const { passkey } = await client.factors.stepUpOptions();
    return { passkey: passkey ? await signWithPasskey(passkey) : null };
  };
  const field = (one: Means, words: string) => ({
    id: `quantlab-confirm-${one}`,
    value: typed[one],
    error: refused === one ? words : null,
    onChange: (text: string) => {
      setTyped(before => ({ ...before, [one]: text }));
      setRefused(null);
    }
  });
  return (
    <form className="jp-QuantLab-Form" noValidate onSubmit={submit}>
      <p>
        {trans.__(
          'What you are about to do cannot easily be undone, so QuantLab asks once more.'
        )}
      </p>
      {means.length === 0 && !options.passkey && providers.length === 0 ? (
        <p>
          {trans.__(
            'Your account has nothing to confirm it by here. Choose a password by “Forgot password?”, then try again.'
          )}
        </p>
      ) : null}
      {providers.length > 0 ? (
        <ProviderButtons
          providers={providers}
          trans={trans}
          label={({ label }) => trans.__('Sign in again with %1', label)}
          begin={(name, challenge) => client.oidc.start(name, challenge, true)}
          redeem={async body => {
            client.connection.replaceTokens(await client.oidc.finish(body));
            onDone(true);
          }}
        />
      ) : null}
      {options.password ? (
        <PasswordField
          {...field(
            'password',
            trans.__('This is not your password. Try again.')
          )}
          label={trans.__('Password')}
          autoComplete="current-password"
          trans={trans}
        />
      ) : null}
      {options.code ? (
        <TextField
          {...field(
            'otp',
            trans.__(
              'This code is not right, or it was used before. Wait for the next one.'
            )
          )}
          label={trans.__('Code')}
          hint={trans.__('Of your app, or one of your recovery codes.')}
          autoComplete="one-time-code"
        />
      ) : null}
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        {means.length > 0 ? (
          <button
            type="submit"
            className="jp-mod-styled jp-mod-accept"
            aria-disabled={busy || !isComplete}
          >
            {busy ? trans.__('Confirming…') : trans.__('Confirm')}
          </button>
        ) : null}
        {options.passkey && canUsePasskeys() ? (
          <button
            type="button"
            className="jp-mod-styled jp-mod-reject"
            aria-disabled={busy}
            onClick={() => {
              if (!busy) {
                void prove(byPasskey);
              }
            }}
          >
            {trans.__('Use a passkey')}
          </button>
        ) : null}
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={() => onDone(null)}
        >
          {trans.__('Cancel')}
        </button>
      </div>
    </form>
  );
}
