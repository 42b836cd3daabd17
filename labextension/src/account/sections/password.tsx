/**
 * Changing the password; sessions elsewhere end.
 */
import * as React from 'react';

import { PasswordField } from '../../ui/fields';
import { useForm } from '../../ui/form';
import { ErrorBox } from '../../ui/states';
import { DEFAULT_LIMITS, passwordLength } from '../forms';
import { NewPasswordField } from '../newPassword';
import type { IAccountSectionProps } from '../sections';

export default function PasswordSection(
  props: IAccountSectionProps
): JSX.Element {
  const { client, session, trans } = props;
  const limits = session.config ?? DEFAULT_LIMITS;
  const [current, setCurrent] = React.useState('');
  const [chosen, setChosen] = React.useState('');
  const form = useForm(['current_password', 'new_password']);
  const change = async (): Promise<string> => {
    const tokens = await client.changePassword({
      current_password: current,
      new_password: chosen
    });
    client.connection.replaceTokens(tokens);
    setCurrent('');
    setChosen('');
    return trans.__(
      'Your password is changed. Your other sessions have ended.'
    );
  };
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    const wrong = {
      current_password:
        current === '' ? trans.__('Enter your present password.') : undefined,
      new_password:
        passwordLength(chosen) < limits.password_min
          ? trans.__('Use at least %1 characters.', limits.password_min)
          : undefined
    };
    void form.send(wrong, change);
  };
  return (
    <form
      ref={form.ref}
      noValidate
      className="jp-QuantLab-Form jp-QuantLab-Account-form"
      onSubmit={submit}
    >
      <PasswordField
        id="quantlab-password-current"
        label={trans.__('Present password')}
        value={current}
        autoComplete="current-password"
        error={form.refused.current_password}
        onChange={text => {
          setCurrent(text);
          form.touch('current_password');
        }}
        trans={trans}
      />
      <NewPasswordField
        id="quantlab-password-new"
        label={trans.__('New password')}
        value={chosen}
        limits={limits}
        own={[session.user?.username ?? '', session.user?.email ?? '']}
        error={form.refused.new_password}
        onChange={text => {
          setChosen(text);
          form.touch('new_password');
        }}
        trans={trans}
      />
      {form.error ? <ErrorBox error={form.error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={form.isBusy}
        >
          {trans.__('Change password')}
        </button>
        <span role="status">{form.said}</span>
      </div>
    </form>
  );
}
