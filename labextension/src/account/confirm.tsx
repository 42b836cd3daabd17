/**
 * The question that comes before lasting harm: is it really you?
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import { ApiError } from '../api/errors';
import { PasswordField } from '../ui/fields';
import { ask } from '../ui/modal';
import type { Problem } from '../ui/problems';
import { describe } from '../ui/problems';
import { ProblemBox } from '../ui/states';

/** True once the person proved again who it is, false when it does not want to. */
export async function confirmPerson(
  client: QuantLabClient,
  trans: TranslationBundle
): Promise<boolean> {
  const done = await ask<true>(trans.__('Confirm that it is you'), answer => (
    <ConfirmForm client={client} trans={trans} onDone={answer} />
  ));
  return done !== null;
}

function ConfirmForm(props: {
  client: QuantLabClient;
  trans: TranslationBundle;
  onDone: (done: true | null) => void;
}): JSX.Element {
  const { client, trans, onDone } = props;
  const [password, setPassword] = React.useState('');
  const [refused, setRefused] = React.useState<string | null>(null);
  const [problem, setProblem] = React.useState<Problem | null>(null);
  const [busy, setBusy] = React.useState(false);
  const submit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy || password === '') {
      return;
    }
    setBusy(true);
    setRefused(null);
    setProblem(null);
    try {
      await client.stepUp({ password });
      onDone(true);
    } catch (error) {
      if (error instanceof ApiError && error.field('password') !== null) {
        setRefused(trans.__('This is not your password. Try again.'));
      } else {
        setProblem(describe(error, trans));
      }
      setBusy(false);
    }
  };
  return (
    <form
      className="jp-QuantLab-Form"
      noValidate
      onSubmit={event => void submit(event)}
    >
      <p>
        {trans.__(
          'What you are about to do cannot easily be undone. Enter your password to go on.'
        )}
      </p>
      <PasswordField
        id="quantlab-confirm-password"
        label={trans.__('Password')}
        value={password}
        autoComplete="current-password"
        error={refused}
        onChange={value => {
          setPassword(value);
          setRefused(null);
        }}
        trans={trans}
      />
      {problem ? <ProblemBox problem={problem} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={busy || password === ''}
        >
          {busy ? trans.__('Confirming…') : trans.__('Confirm')}
        </button>
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
