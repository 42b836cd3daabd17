/**
 * Changing the password; sessions elsewhere end.
 */
import * as React from 'react';

import { ApiError } from '../../api/errors';
import { PasswordField } from '../../ui/fields';
import { ErrorBox } from '../../ui/states';
import { DEFAULT_LIMITS, passwordLength } from '../forms';
import { NewPasswordField } from '../newPassword';
import type { IAccountSectionProps } from '../sections';

type Refused = Partial<Record<'current_password' | 'new_password', string>>;

export default function PasswordSection(
  props: IAccountSectionProps
): JSX.Element {
  const { client, session, trans } = props;
  const limits = session.config ?? DEFAULT_LIMITS;
  const [current, setCurrent] = React.useState('');
  const [chosen, setChosen] = React.useState('');
  const [refused, setRefused] = React.useState<Refused>({});
  const [error, setError] = React.useState<unknown>(null);
  const [said, setSaid] = React.useState('');
  const [isBusy, setBusy] = React.useState(false);
  const check = (): Refused => ({
    ...(current === ''
      ? { current_password: trans.__('Enter your present password.') }
      : {}),
    ...(passwordLength(chosen) < limits.password_min
      ? {
          new_password: trans.__(
            'Use at least %1 characters.',
            limits.password_min
          )
        }
      : {})
  });
  const change = async (): Promise<void> => {
    setBusy(true);
    try {
      const tokens = await client.changePassword({
        current_password: current,
        new_password: chosen
      });
      client.connection.replaceTokens(tokens);
      setCurrent('');
      setChosen('');
      setSaid(
        trans.__('Your password is changed. Your other sessions have ended.')
      );
    } catch (reason) {
      const fields = reason instanceof ApiError ? reason.fields : [];
      if (fields.length > 0) {
        setRefused(
          Object.fromEntries(fields.map(one => [one.path, one.message]))
        );
      } else {
        setError(reason);
      }
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    const wrong = check();
    setRefused(wrong);
    setError(null);
    setSaid('');
    if (!isBusy && Object.keys(wrong).length === 0) {
      void change();
    }
  };
  return (
    <form
      className="jp-QuantLab-Form jp-QuantLab-Account-form"
      onSubmit={submit}
    >
      <PasswordField
        id="quantlab-password-current"
        label={trans.__('Present password')}
        value={current}
        autoComplete="current-password"
        error={refused.current_password}
        onChange={setCurrent}
        trans={trans}
      />
      <NewPasswordField
        id="quantlab-password-new"
        label={trans.__('New password')}
        value={chosen}
        limits={limits}
        own={[session.user?.username ?? '', session.user?.email ?? '']}
        error={refused.new_password}
        onChange={setChosen}
        trans={trans}
      />
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={isBusy}
        >
          {trans.__('Change password')}
        </button>
        <span role="status">{said}</span>
      </div>
    </form>
  );
}
