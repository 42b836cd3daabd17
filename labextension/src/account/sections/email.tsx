/**
 * The e-mail address: another one counts once it is confirmed.
 */
import * as React from 'react';

import { ApiError } from '../../api/errors';
import { TextField } from '../../ui/fields';
import { ErrorBox } from '../../ui/states';
import { isEmail } from '../forms';
import type { IAccountSectionProps } from '../sections';

export default function EmailSection(props: IAccountSectionProps): JSX.Element {
  const { client, session, trans } = props;
  const [email, setEmail] = React.useState('');
  const [refused, setRefused] = React.useState<string | null>(null);
  const [error, setError] = React.useState<unknown>(null);
  const [said, setSaid] = React.useState('');
  const [isBusy, setBusy] = React.useState(false);
  const change = async (): Promise<void> => {
    setBusy(true);
    try {
      const wanted = email.trim();
      const { confirmation } = await client.changeEmail({ email: wanted });
      setEmail('');
      setSaid(
        confirmation
          ? trans.__(
              'If nobody has that address, a message is on its way to %1. It counts once you follow the link in it.',
              wanted
            )
          : trans.__('Your address is changed.')
      );
      if (!confirmation) {
        await session.refresh();
      }
    } catch (reason) {
      const field = reason instanceof ApiError ? reason.fields[0] : undefined;
      if (field) {
        setRefused(field.message);
      } else {
        setError(reason);
      }
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    setError(null);
    setSaid('');
    const good = isEmail(email);
    setRefused(
      good ? null : trans.__('Enter an e-mail address, like name@example.org.')
    );
    if (good && !isBusy) {
      void change();
    }
  };
  return (
    <form
      className="jp-QuantLab-Form jp-QuantLab-Account-form"
      noValidate
      onSubmit={submit}
    >
      <p>
        {trans.__('Your address is')} <bdi>{session.user?.email ?? '–'}</bdi>
      </p>
      <TextField
        id="quantlab-email-new"
        label={trans.__('New e-mail address')}
        type="email"
        value={email}
        autoComplete="email"
        required
        error={refused}
        onChange={value => {
          setEmail(value);
          setRefused(null);
        }}
      />
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={isBusy}
        >
          {trans.__('Change address')}
        </button>
        <span role="status">{said}</span>
      </div>
    </form>
  );
}
