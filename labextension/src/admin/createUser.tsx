/**
 * The form that makes an account for somebody, folded away until it is wanted.
 */
import * as React from 'react';

import { DEFAULT_LIMITS, signUpErrors } from '../account/forms';
import { roleLabel } from '../account/words';
import type { User } from '../api/models';
import { Field, PasswordField, TextField } from '../ui/fields';
import { useForm } from '../ui/form';
import { ShownOnce } from '../ui/shownOnce';
import { ErrorBox } from '../ui/states';
import type { IAdminSectionProps } from './sections';

const EMPTY = { username: '', email: '', password: '' };

export function CreateUser(
  props: IAdminSectionProps & { onMade: () => void }
): JSX.Element {
  const { admin, session, trans, onMade } = props;
  const [values, setValues] = React.useState(EMPTY);
  const [role, setRole] = React.useState<User['role']>('user');
  const [link, setLink] = React.useState<string | null>(null);
  const form = useForm(['username', 'email', 'password']);
  const set = (name: keyof typeof EMPTY) => (value: string) => {
    setValues(now => ({ ...now, [name]: value }));
    form.touch(name);
  };
  const make = async (): Promise<string> => {
    setLink(null);
    const made = await admin.create({
      ...values,
      password: values.password || null,
      role,
      tier: 'free'
    });
    setValues(EMPTY);
    setLink(made.password_link);
    onMade();
    if (made.mailed) {
      return trans.__(
        '%1 was mailed a link to choose a password.',
        made.username
      );
    }
    return made.password_link
      ? trans.__('%1 needs the link below to choose a password.', made.username)
      : trans.__('%1 can sign in now.', made.username);
  };
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    const limits = session.config ?? DEFAULT_LIMITS;
    const wrong = signUpErrors(values, limits, trans);
    if (values.password === '') {
      // Then the person chooses one by a link.
      delete wrong.password;
    }
    void form.send(wrong, make);
  };
  const roles = (['user', 'admin', 'operator'] as const).slice(
    0,
    session.user?.role === 'operator' ? 3 : 2
  );
  return (
    <details className="jp-QuantLab-Admin-more">
      <summary>{trans.__('Add a person')}</summary>
      <form
        ref={form.ref}
        className="jp-QuantLab-Form jp-QuantLab-Admin-form"
        noValidate
        onSubmit={submit}
      >
        <TextField
          id="quantlab-admin-username"
          label={trans.__('Username')}
          value={values.username}
          error={form.refused.username}
          onChange={set('username')}
        />
        <TextField
          id="quantlab-admin-email"
          label={trans.__('E-mail address')}
          type="email"
          value={values.email}
          error={form.refused.email}
          onChange={set('email')}
        />
        <PasswordField
          id="quantlab-admin-password"
          label={trans.__('First password (optional)')}
          hint={trans.__(
            'Leave it empty: the person gets a link to choose one.'
          )}
          autoComplete="new-password"
          value={values.password}
          error={form.refused.password}
          onChange={set('password')}
          trans={trans}
        />
        <Field id="quantlab-admin-role" label={trans.__('Role')}>
          {aria => (
            <select
              {...aria}
              className="jp-mod-styled"
              value={role}
              onChange={event => setRole(event.target.value as User['role'])}
            >
              {roles.map(one => (
                <option key={one} value={one}>
                  {roleLabel(one, trans)}
                </option>
              ))}
            </select>
          )}
        </Field>
        {form.error ? <ErrorBox error={form.error} trans={trans} /> : null}
        <div className="jp-QuantLab-Actions">
          <button
            type="submit"
            className="jp-mod-styled jp-mod-accept"
            aria-disabled={form.isBusy}
          >
            {trans.__('Create account')}
          </button>
          <span role="status">{form.said}</span>
        </div>
        {link ? (
          <ShownOnce
            key={link}
            id="quantlab-admin-link"
            label={trans.__('Link to choose a password')}
            hint={trans.__(
              'It is shown only now, and good once and for a day. Hand it over by a way that you trust.'
            )}
            secret={link}
            trans={trans}
          />
        ) : null}
      </form>
    </details>
  );
}
