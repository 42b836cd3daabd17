/**
 * The second step of signing in: a code or a passkey, after the first step was right; and signing in by a passkey alone.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { ApiError } from '../api/errors';
import type { Ceremony, PasskeyProof } from '../api/models';
import type { IQuantLabSession } from '../tokens';
import { TextField } from '../ui/fields';
import { ErrorBox } from '../ui/states';
import { canUsePasskeys, isDeclined, signWithPasskey } from './passkeys';

/** What the service said when it asked for the second step. */
function passkeyOf(error: unknown): Ceremony | null {
  return isAsked(error)
    ? ((error.details.passkey as Ceremony | null | undefined) ?? null)
    : null;
}

/** Whether the service asks for the second step. */
export function isAsked(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 'otp_required';
}

/** What is sent in the second step: one of these, or neither to be asked anew. */
export interface ISecond {
  otp?: string;
  passkey?: PasskeyProof | null;
}

/** Asks for the second step; `asked` is the refusal that asked for it. */
export function SecondStep(props: {
  trans: TranslationBundle;
  /** What is right already, in words. */
  known: string;
  asked: unknown;
  /** Send the first step again, or what stands for it, with the second. */
  signIn: (second: ISecond) => Promise<void>;
  /** Somebody is signed in. */
  onDone: () => void;
  onBack: () => void;
}): JSX.Element {
  const { trans, known, asked, signIn, onDone, onBack } = props;
  const [code, setCode] = React.useState('');
  const [refused, setRefused] = React.useState<string | null>(null);
  const [error, setError] = React.useState<unknown>(null);
  const [busy, setBusy] = React.useState(false);
  const field = React.useRef<HTMLFormElement>(null);
  React.useEffect(() => field.current?.querySelector('input')?.focus(), []);
  const send = async (make: () => Promise<ISecond>): Promise<void> => {
    if (busy) {
      return;
    }
    setBusy(true);
    setRefused(null);
    setError(null);
    try {
      await signIn(await make());
      onDone();
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
  const byPasskey = async (): Promise<ISecond> => {
    // What a passkey signed is good for one try, so it is asked for anew.
    const ceremony = await signIn({}).then(
      () => null,
      (reason: unknown) => {
        if (isAsked(reason)) {
          return passkeyOf(reason);
        }
        throw reason;
      }
    );
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
        {known}{' '}
        {trans.__('Enter the code of your app, or one of your recovery codes.')}
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
            aria-disabled={busy}
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
  /** Somebody is signed in. */
  onDone: () => void;
}): JSX.Element | null {
  const { session, trans, onDone } = props;
  const [error, setError] = React.useState<unknown>(null);
  const [isBusy, setBusy] = React.useState(false);
  if (!session.config?.passkeys || !canUsePasskeys()) {
    return null;
  }
  const signIn = async (): Promise<void> => {
    if (isBusy) {
      return;
    }
    setBusy(true);
    setError(null);
    try {
      await session.signInByPasskey(signWithPasskey);
      onDone();
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
    setBusy(false);
  };
  return (
    <>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          aria-disabled={isBusy}
          onClick={() => void signIn()}
        >
          {trans.__('Sign in with a passkey')}
        </button>
      </div>
    </>
  );
}
