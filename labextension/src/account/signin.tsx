/**
 * The forms to sign in and to sign up.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { ApiError } from '../api/errors';
import type { LogIn } from '../api/models';
import type { IQuantLabSession } from '../tokens';
import { PasswordField, TextField } from '../ui/fields';
import type { Problem } from '../ui/problems';
import { describe } from '../ui/problems';
import { ProblemBox } from '../ui/states';
import type { Errors } from './forms';
import { PasskeyButton, SecondStep, isAsked } from './secondStep';
import { DEFAULT_LIMITS, signInErrors, signUpErrors, tokenOf } from './forms';
import { NewPasswordField } from './newPassword';

export interface ISignFormProps {
  session: IQuantLabSession;
  trans: TranslationBundle;
  /** Somebody is signed in, perhaps the same person as before. */
  onDone: () => void;
  /** Show the other form. */
  onOther: () => void;
  /** Show the form for a forgotten password. */
  onForgot: () => void;
}

/** What a form holds between key strokes, and how it sends. */
function useSigning<T extends Record<string, string>>(
  initial: T,
  check: (values: T) => Errors<T>,
  send: (values: T) => Promise<void>,
  trans: TranslationBundle,
  explain: (error: unknown) => Problem
): {
  values: T;
  error: (name: keyof T) => string | null;
  set: (name: keyof T) => (value: string) => void;
  blur: (name: keyof T) => () => void;
  submit: (event: React.FormEvent) => void;
  problem: Problem | null;
  busy: boolean;
} {
  const [values, setValues] = React.useState(initial);
  const [left, setLeft] = React.useState<Partial<Record<keyof T, boolean>>>({});
  const [refused, setRefused] = React.useState<Errors<T>>({});
  const [problem, setProblem] = React.useState<Problem | null>(null);
  const [busy, setBusy] = React.useState(false);
  const errors = check(values);
  const submit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    setLeft(
      Object.fromEntries(
        Object.keys(values).map(name => [name, true])
      ) as Partial<Record<keyof T, boolean>>
    );
    if (busy) {
      return;
    }
    if (Object.keys(errors).length > 0) {
      focusFirstInvalid(form);
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      await send(values);
    } catch (error) {
      if (error instanceof ApiError && error.fields.length > 0) {
        setRefused(
          Object.fromEntries(
            error.fields.map(field => [field.path, field.message])
          ) as Errors<T>
        );
        const known = error.fields.some(field => field.path in values);
        setProblem(known ? null : describe(error, trans));
        focusFirstInvalid(form);
      } else {
        setProblem(explain(error));
      }
    } finally {
      setBusy(false);
    }
  };
  return {
    values,
    busy,
    problem,
    error: name =>
      refused[name] ?? (left[name] ? (errors[name] ?? null) : null),
    set: name => value => {
      // A password manager fills several fields at once.
      setValues(now => ({ ...now, [name]: value }));
      setRefused(now => ({ ...now, [name]: undefined }));
    },
    blur: name => () => {
      // An untouched field that was only passed through is not scolded.
      if (values[name] !== '') {
        setLeft(now => ({ ...now, [name]: true }));
      }
    },
    submit: event => void submit(event)
  };
}

function focusFirstInvalid(form: Element): void {
  window.requestAnimationFrame(() => {
    form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  });
}

/** Sign in by e-mail or username, then by a second factor where there is one; or by a passkey alone. */
export function SignIn(props: ISignFormProps): JSX.Element {
  const { session, trans } = props;
  // The refusal that asked for the second step, while that is shown.
  const [asked, setAsked] = React.useState<unknown>(null);
  const first = (values: { login: string; password: string }): LogIn => ({
    login: values.login.trim(),
    password: values.password
  });
  const form = useSigning(
    { login: '', password: '' },
    values => signInErrors(values, trans),
    async values => {
      try {
        await session.signIn(first(values));
        props.onDone();
      } catch (error) {
        if (!isAsked(error)) {
          throw error;
        }
        setAsked(error);
      }
    },
    trans,
    error => {
      if (error instanceof ApiError && error.code === 'invalid_credentials') {
        return {
          message: trans.__(
            'This e-mail address or username and password do not belong together. What you typed is kept; check it and try again.'
          ),
          detail: '',
          retry: false
        };
      }
      return describe(error, trans);
    }
  );
  if (asked) {
    return (
      <SecondStep
        trans={trans}
        known={trans.__('The password is right.')}
        asked={asked}
        signIn={second => session.signIn({ ...first(form.values), ...second })}
        onDone={props.onDone}
        onBack={() => setAsked(null)}
      />
    );
  }
  return (
    <form
      className="jp-QuantLab-Form"
      aria-label={trans.__('Sign in')}
      noValidate
      onSubmit={form.submit}
    >
      <h2>{trans.__('Sign in')}</h2>
      <TextField
        id="quantlab-login"
        label={trans.__('E-mail address or username')}
        value={form.values.login}
        autoComplete="username"
        required
        error={form.error('login')}
        onChange={form.set('login')}
        onBlur={form.blur('login')}
      />
      <PasswordField
        id="quantlab-password"
        label={trans.__('Password')}
        value={form.values.password}
        autoComplete="current-password"
        error={form.error('password')}
        onChange={form.set('password')}
        onBlur={form.blur('password')}
        trans={trans}
      />
      {form.problem ? (
        <ProblemBox problem={form.problem} trans={trans} />
      ) : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={form.busy}
        >
          {form.busy ? trans.__('Signing in…') : trans.__('Sign in')}
        </button>
        {session.config?.registration === 'closed' ? null : (
          <button
            type="button"
            className="jp-QuantLab-Link"
            onClick={props.onOther}
          >
            {trans.__('Create an account')}
          </button>
        )}
        <button
          type="button"
          className="jp-QuantLab-Link"
          onClick={props.onForgot}
        >
          {trans.__('Forgot password?')}
        </button>
      </div>
      <PasskeyButton session={session} trans={trans} onDone={props.onDone} />
    </form>
  );
}

/** Make an account. */
export function SignUp(
  props: ISignFormProps & {
    /** What the link that was opened stands for. */
    invitation?: { token: string; email: string | null };
  }
): JSX.Element {
  const { session, trans, invitation } = props;
  // Without a link where sign-up is by invitation: it is asked for.
  const asks = !invitation && session.config?.registration === 'invitation';
  const limits = session.config ?? DEFAULT_LIMITS;
  const [mailed, setMailed] = React.useState(false);
  const form = useSigning(
    {
      username: '',
      email: invitation?.email ?? '',
      password: '',
      invitation: ''
    },
    values => signUpErrors(values, limits, trans, asks),
    async values => {
      const signedIn = await session.signUp({
        username: values.username.trim(),
        email: values.email.trim(),
        password: values.password,
        invitation: invitation?.token ?? (tokenOf(values.invitation) || null)
      });
      setMailed(!signedIn);
      if (signedIn) {
        props.onDone();
      }
    },
    trans,
    error => {
      if (error instanceof ApiError && error.code === 'registration_refused') {
        return {
          message: trans.__(
            'This username or e-mail address cannot be used. Choose another username, or sign in if you have an account.'
          ),
          detail: '',
          retry: false
        };
      }
      return describe(error, trans);
    }
  );
  if (mailed) {
    return (
      <div className="jp-QuantLab-Form" role="status">
        <h2>{trans.__('Look into your mail')}</h2>
        <p>
          {trans.__(
            'A message is on its way to %1. Follow its link, then sign in.',
            form.values.email
          )}
        </p>
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept"
          onClick={props.onOther}
        >
          {trans.__('Sign in')}
        </button>
      </div>
    );
  }
  return (
    <form
      className="jp-QuantLab-Form"
      aria-label={trans.__('Create an account')}
      noValidate
      onSubmit={form.submit}
    >
      <h2>{trans.__('Create an account')}</h2>
      {asks ? (
        <TextField
          id="quantlab-invitation"
          label={trans.__('Invitation')}
          hint={trans.__('The link that you were given.')}
          value={form.values.invitation}
          required
          error={form.error('invitation')}
          onChange={form.set('invitation')}
          onBlur={form.blur('invitation')}
        />
      ) : null}
      <TextField
        id="quantlab-username"
        label={trans.__('Username')}
        value={form.values.username}
        autoComplete="username"
        required
        error={form.error('username')}
        onChange={form.set('username')}
        onBlur={form.blur('username')}
      />
      <TextField
        id="quantlab-email"
        label={trans.__('E-mail address')}
        type="email"
        value={form.values.email}
        autoComplete="email"
        required
        error={form.error('email')}
        onChange={form.set('email')}
        onBlur={form.blur('email')}
      />
      <NewPasswordField
        id="quantlab-new-password"
        label={trans.__('Password')}
        value={form.values.password}
        limits={limits}
        own={[form.values.username, form.values.email]}
        error={form.error('password')}
        onChange={form.set('password')}
        onBlur={form.blur('password')}
        trans={trans}
      />
      {form.problem ? (
        <ProblemBox problem={form.problem} trans={trans} />
      ) : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={form.busy}
        >
          {form.busy ? trans.__('Creating…') : trans.__('Create account')}
        </button>
        <button
          type="button"
          className="jp-QuantLab-Link"
          onClick={props.onOther}
        >
          {trans.__('I have an account')}
        </button>
      </div>
    </form>
  );
}
