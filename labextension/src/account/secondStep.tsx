/**
 * The second step of signing in: a code or a passkey, after the password was right; and signing in by a passkey alone.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { ApiError } from '../api/errors';
import type { Ceremony, LogIn } from '../api/models';
import type { IQuantLabSession } from '../tokens';
import { TextField } from '../ui/fields';
import { ErrorBox } from '../ui/states';
import { canUsePasskeys, isDeclined, signWithPasskey } from './passkeys';

/** What the service said when it asked for the second step. */
function passkeyOf(error: unknown): Ceremony | null {
  return error instanceof ApiError && error.code === 'otp_required'
    ? ((error.details.passkey as Ceremony | null | undefined) ?? null)
    : null;
}

/** Asks for the second step of `first`; `asked` is the refusal that asked for it. */
export function SecondStep(props: {
  session: IQuantLabSession;
  trans: TranslationBundle;
  first: LogIn;
  asked: unknown;
  onBack: () => void;
}): JSX.Element {
  const { session, trans, first, asked, onBack } = props;
  const [code, setCode] = React.useState('');
  const [refused, setRefused] = React.useState<string | null>(null);
  const [error, setError] = React.useState<unknown>(null);
  const [busy, setBusy] = React.useState(false);
  const field = React.useRef<HTMLFormElement>(null);
  React.useEffect(() => field.current?.querySelector('input')?.focus(), []);
  const send = async (make: () => Promise<Partial<LogIn>>): Promise<void> => {
    if (busy) {
      return;
    }
    setBusy(true);
    setRefused(null);
    setError(null);
    try {
      await session.signIn({ ...first, ...(await make()) });
      return;
    } catch (reason) {
      if (reason instanceof ApiError && reason.code === 'invalid_credentials') {
        setRefused(
          trans.__(
            'This is not right, or it was used before. Wait for the next code and try again.'
          )
        );
      } else if (!isDeclined(reason)) {
        setError(reason);
      }
    }
    setBusy(false);
  };
  const byPasskey = async (): Promise<Partial<LogIn>> => {
    // What a passkey signed is good for one try, so it is asked for anew.
    const ceremony = await session
      .signIn(first)
      .then(() => null)
      .catch(passkeyOf);
    return { passkey: ceremony ? await signWithPasskey(ceremony) : null };
  };
  return (
    <form
      ref={field}
      className="jp-QuantLab-Form"
      aria-label={trans.__('Second step')}
      noValidate
      onSubmit={event => {
        event.preventDefault();
        if (code.trim() !== '') {
          void send(() => Promise.resolve({ otp: code.trim() }));
        }
      }}
    >
      <h2>{trans.__('Second step')}</h2>
      <p>
        {trans.__(
          'The password is right. Enter the code of your app, or one of your recovery codes.'
        )}
      </p>
      <TextField
        id="quantlab-otp"
        label={trans.__('Code')}
        value={code}
        autoComplete="one-time-code"
        error={refused}
        onChange={text => {
          setCode(text);
          setRefused(null);
        }}
      />
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={busy || code.trim() === ''}
        >
          {busy ? trans.__('Signing in…') : trans.__('Sign in')}
        </button>
        {passkeyOf(asked) && canUsePasskeys() ? (
          <button
            type="button"
            className="jp-mod-styled jp-mod-reject"
            onClick={() => void send(byPasskey)}
          >
            {trans.__('Use a passkey')}
          </button>
        ) : null}
        <button type="button" className="jp-QuantLab-Link" onClick={onBack}>
          {trans.__('Back')}
        </button>
      </div>
    </form>
  );
}

/** Signs in by a passkey alone; nothing where that does not work. */
export function PasskeyButton(props: {
  session: IQuantLabSession;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { session, trans } = props;
  const [error, setError] = React.useState<unknown>(null);
  if (!session.config?.passkeys || !canUsePasskeys()) {
    return null;
  }
  const signIn = async (): Promise<void> => {
    setError(null);
    try {
      await session.signInByPasskey(signWithPasskey);
    } catch (reason) {
      if (reason instanceof ApiError && reason.code === 'invalid_credentials') {
        setError(
          new Error(
            trans.__(
              'This passkey was not accepted. It may have been removed from your account; sign in by password.'
            )
          )
        );
      } else if (!isDeclined(reason)) {
        setError(reason);
      }
    }
  };
  return (
    <>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={() => void signIn()}
        >
          {trans.__('Sign in with a passkey')}
        </button>
      </div>
    </>
  );
}
