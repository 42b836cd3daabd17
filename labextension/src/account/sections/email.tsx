/**
 * The e-mail address: another one counts once it is confirmed.
 */
import * as React from 'react';

import { TextField } from '../../ui/fields';
import { useForm } from '../../ui/form';
import { ErrorBox } from '../../ui/states';
import { isEmail } from '../forms';
import type { IAccountSectionProps } from '../sections';

export default function EmailSection(props: IAccountSectionProps): JSX.Element {
  const { client, session, trans } = props;
  const [email, setEmail] = React.useState('');
  const form = useForm(['email']);
  const change = async (): Promise<string> => {
    const wanted = email.trim();
    const { confirmation } = await client.changeEmail({ email: wanted });
    setEmail('');
    if (confirmation) {
      return trans.__(
        'If nobody has that address, a message is on its way to %1. It counts once you follow the link in it.',
        wanted
      );
    }
    await session.refresh();
    return trans.__('Your address is changed.');
  };
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    const problem = trans.__('Enter an e-mail address, like name@example.org.');
    void form.send(isEmail(email) ? {} : { email: problem }, change);
  };
  return (
    <form
      ref={form.ref}
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
        error={form.refused.email}
        onChange={value => {
          setEmail(value);
          form.touch('email');
        }}
      />
      {form.error ? <ErrorBox error={form.error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={form.isBusy}
        >
          {trans.__('Change address')}
        </button>
        <span role="status">{form.said}</span>
      </div>
    </form>
  );
}
