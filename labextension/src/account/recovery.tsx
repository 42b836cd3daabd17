/**
 * The forms around mailed links: ask for one, and what each leads to.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import { ApiError } from '../api/errors';
import type { IQuantLabSession } from '../tokens';
import { TextField } from '../ui/fields';
import type { Problem } from '../ui/problems';
import { describe } from '../ui/problems';
import { ProblemBox } from '../ui/states';
import { DEFAULT_LIMITS, isEmail, passwordLength } from './forms';
import { NewPasswordField } from './newPassword';
import type { MailedLink } from './mailed';

export interface IRecoveryProps {
  client: QuantLabClient;
  session: IQuantLabSession;
  trans: TranslationBundle;
  /** Show the form to sign in. */
  onSignIn: () => void;
}

/** A form that is sent once at a time: what went wrong at the field or below, and whether it is done. */
function useSending(trans: TranslationBundle): {
  busy: boolean;
  done: boolean;
  refused: string | null;
  problem: Problem | null;
  refuse: (text: string | null) => void;
  send: (
    act: () => Promise<unknown>,
    explain?: (error: ApiError) => boolean
  ) => void;
} {
  const [busy, setBusy] = React.useState(false);
  const [done, setDone] = React.useState(false);
  const [refused, refuse] = React.useState<string | null>(null);
  const [problem, setProblem] = React.useState<Problem | null>(null);
  const run = async (
    act: () => Promise<unknown>,
    explain?: (error: ApiError) => boolean
  ): Promise<void> => {
    setBusy(true);
    setProblem(null);
    refuse(null);
    try {
      await act();
      setDone(true);
    } catch (error) {
      if (error instanceof ApiError && explain?.(error)) {
        return;
      }
      const field = error instanceof ApiError ? error.fields[0] : undefined;
      if (field) {
        refuse(field.message);
      } else {
        setProblem(describe(error, trans));
      }
    } finally {
      setBusy(false);
    }
  };
  return {
    busy,
    done,
    refused,
    problem,
    refuse,
    send: (act, explain) => {
      if (!busy) {
        void run(act, explain);
      }
    }
  };
}

/** Who is here may be different after a link was followed: another address, or signed out. */
async function lookAgain(session: IQuantLabSession): Promise<void> {
  if (session.user && !session.user.is_local) {
    await session.refresh();
  }
}

/** The end of a form: what happened, and the way on. */
function Finished(props: {
  title: string;
  text: string;
  trans: TranslationBundle;
  onSignIn?: () => void;
}): JSX.Element {
  const heading = React.useRef<HTMLHeadingElement>(null);
  React.useEffect(() => heading.current?.focus(), []);
  return (
    <div className="jp-QuantLab-Form">
      <h2 ref={heading} tabIndex={-1}>
        {props.title}
      </h2>
      <p role="status">{props.text}</p>
      {props.onSignIn ? (
        <div className="jp-QuantLab-Actions">
          <button
            type="button"
            className="jp-mod-styled jp-mod-accept"
            onClick={props.onSignIn}
          >
            {props.trans.__('Sign in')}
          </button>
        </div>
      ) : null}
    </div>
  );
}

/** Asks for a link: to choose a new password, or to confirm an address again. */
export function AskForLink(
  props: IRecoveryProps & { kind: 'reset' | 'verify'; reason?: string }
): JSX.Element {
  const { client, session, trans, kind } = props;
  const [email, setEmail] = React.useState('');
  const form = useSending(trans);
  const title =
    kind === 'reset'
      ? trans.__('Forgot your password?')
      : trans.__('Confirm your e-mail address');
  if (form.done) {
    return (
      <Finished
        title={trans.__('Look into your mail')}
        text={trans.__(
          'If there is an account that this is for, a message is on its way to %1.',
          email
        )}
        trans={trans}
        onSignIn={props.onSignIn}
      />
    );
  }
  if (session.config?.recovery === false) {
    return (
      <div className="jp-QuantLab-Form">
        <h2>{title}</h2>
        <p>
          {trans.__(
            'This service sends no mail. Ask whoever runs it for a link with which you choose a new password.'
          )}
        </p>
        <div className="jp-QuantLab-Actions">
          <button
            type="button"
            className="jp-mod-styled"
            onClick={props.onSignIn}
          >
            {trans.__('Sign in')}
          </button>
        </div>
      </div>
    );
  }
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    if (!isEmail(email)) {
      form.refuse(trans.__('Enter an e-mail address, like name@example.org.'));
      return;
    }
    const body = { email: email.trim() };
    form.send(() =>
      kind === 'reset'
        ? client.forgotPassword(body)
        : client.resendVerification(body)
    );
  };
  return (
    <form
      className="jp-QuantLab-Form"
      aria-label={title}
      noValidate
      onSubmit={submit}
    >
      <h2>{title}</h2>
      {props.reason ? <p role="alert">{props.reason}</p> : null}
      <p>
        {kind === 'reset'
          ? trans.__(
              'You get a mail with a link with which you choose a new password. It is good for an hour and works once.'
            )
          : trans.__(
              'You get a mail with a new link. It is good for a day and works once.'
            )}
      </p>
      <TextField
        id="quantlab-recovery-email"
        label={trans.__('E-mail address')}
        type="email"
        value={email}
        autoComplete="email"
        required
        error={form.refused}
        onChange={text => {
          setEmail(text);
          form.refuse(null);
        }}
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
          {trans.__('Send a link')}
        </button>
        <button
          type="button"
          className="jp-QuantLab-Link"
          onClick={props.onSignIn}
        >
          {trans.__('Back to signing in')}
        </button>
      </div>
    </form>
  );
}

/** What a mailed link leads to. Nothing is done before the person says so. */
export function Mailed(
  props: IRecoveryProps & { link: MailedLink }
): JSX.Element {
  return props.link.kind === 'reset' ? (
    <Reset {...props} />
  ) : (
    <Confirm {...props} />
  );
}

function Reset(props: IRecoveryProps & { link: MailedLink }): JSX.Element {
  const { client, session, trans, link } = props;
  const limits = session.config ?? DEFAULT_LIMITS;
  const [password, setPassword] = React.useState('');
  const [over, setOver] = React.useState('');
  const form = useSending(trans);
  if (over) {
    return <AskForLink {...props} kind="reset" reason={over} />;
  }
  const title = trans.__('Choose a new password');
  if (form.done) {
    return (
      <Finished
        title={title}
        text={trans.__('Your password is changed. Sign in with it.')}
        trans={trans}
        onSignIn={props.onSignIn}
      />
    );
  }
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    if (passwordLength(password) < limits.password_min) {
      form.refuse(trans.__('Use at least %1 characters.', limits.password_min));
      return;
    }
    form.send(
      async () => {
        await client.resetPassword({
          token: link.token,
          new_password: password
        });
        setPassword('');
        await lookAgain(session);
      },
      error => {
        if (error.code === 'link_invalid') {
          setOver(error.message);
          return true;
        }
        return false;
      }
    );
  };
  return (
    <form
      className="jp-QuantLab-Form"
      aria-label={title}
      noValidate
      onSubmit={submit}
    >
      <h2>{title}</h2>
      <p>
        {trans.__('Your account is signed out everywhere, and API tokens end.')}
      </p>
      <NewPasswordField
        id="quantlab-reset-password"
        label={trans.__('New password')}
        value={password}
        error={form.refused}
        limits={limits}
        own={[]}
        onChange={text => {
          setPassword(text);
          form.refuse(null);
        }}
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
          {trans.__('Set the password')}
        </button>
      </div>
    </form>
  );
}

/** Confirms an address, or takes an old one back. */
function Confirm(props: IRecoveryProps & { link: MailedLink }): JSX.Element {
  const { client, session, trans, link } = props;
  const verifies = link.kind === 'verify';
  const [name, setName] = React.useState<string | null>(null);
  const [over, setOver] = React.useState('');
  const form = useSending(trans);
  const title = verifies
    ? trans.__('Confirm your e-mail address')
    : trans.__('Take your e-mail address back');
  if (over && verifies) {
    return <AskForLink {...props} kind="verify" reason={over} />;
  }
  if (form.done) {
    return (
      <Finished
        title={title}
        text={
          verifies
            ? trans.__('Your address is confirmed.')
            : trans.__(
                'The address is yours again. Look into your mail for a link to choose a new password.'
              )
        }
        trans={trans}
        onSignIn={
          verifies && (!session.user || session.user.is_local)
            ? props.onSignIn
            : undefined
        }
      />
    );
  }
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    const { token } = link;
    form.send(
      async () => {
        await (verifies
          ? client.verifyEmail({ token, username: name?.trim() || null })
          : client.revertEmail({ token }));
        await lookAgain(session);
      },
      error => {
        if (error.code === 'username_needed') {
          setName(name ?? '');
          return true;
        }
        if (error.code === 'username_refused') {
          form.refuse(error.message);
          return true;
        }
        if (error.code === 'link_invalid' && verifies) {
          setOver(error.message);
          return true;
        }
        return false;
      }
    );
  };
  return (
    <form
      className="jp-QuantLab-Form"
      aria-label={title}
      noValidate
      onSubmit={submit}
    >
      <h2>{title}</h2>
      <p>
        {verifies
          ? trans.__('Confirm that this address is yours.')
          : trans.__(
              'Your account gets this address again, everybody who is signed in to it is signed out, and you get a link with which you choose a new password.'
            )}
      </p>
      {name === null ? null : (
        <TextField
          id="quantlab-recovery-username"
          label={trans.__('Username')}
          value={name}
          autoComplete="username"
          required
          hint={trans.__(
            'The one you wanted was taken meanwhile. Choose another one.'
          )}
          error={form.refused}
          onChange={text => {
            setName(text);
            form.refuse(null);
          }}
        />
      )}
      {form.problem ? (
        <ProblemBox problem={form.problem} trans={trans} />
      ) : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={form.busy}
        >
          {verifies
            ? trans.__('Confirm the address')
            : trans.__('Take it back')}
        </button>
      </div>
    </form>
  );
}
