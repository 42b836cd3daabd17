/**
 * The form that makes an account for somebody, folded away until it is wanted.
 */
import * as React from 'react';

import { DEFAULT_LIMITS, signUpErrors } from '../account/forms';
import { roleLabel } from '../account/words';
import { ApiError } from '../api/errors';
import type { User } from '../api/models';
import { Field, PasswordField, TextField } from '../ui/fields';
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
  const [refused, setRefused] = React.useState<Partial<typeof EMPTY>>({});
  const [error, setError] = React.useState<unknown>(null);
  const [said, setSaid] = React.useState('');
  const [isBusy, setBusy] = React.useState(false);
  const [link, setLink] = React.useState<string | null>(null);
  const set = (name: keyof typeof EMPTY) => (value: string) => {
    setValues(now => ({ ...now, [name]: value }));
    setRefused(now => ({ ...now, [name]: undefined }));
  };
  const make = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    if (isBusy) {
      return;
    }
    setError(null);
    setSaid('');
    const limits = session.config ?? DEFAULT_LIMITS;
    const wrong = signUpErrors(values, limits, trans);
    if (values.password === '') {
      // Then the person chooses one by a link.
      delete wrong.password;
    }
    setRefused(wrong);
    if (Object.keys(wrong).length > 0) {
      return;
    }
    setLink(null);
    setBusy(true);
    try {
      const made = await admin.create({
        ...values,
        password: values.password || null,
        role,
        tier: 'free'
      });
      setValues(EMPTY);
      setLink(made.password_link);
      setSaid(
        made.mailed
          ? trans.__(
              '%1 was mailed a link to choose a password.',
              made.username
            )
          : made.password_link
            ? trans.__(
                '%1 needs the link below to choose a password.',
                made.username
              )
            : trans.__('%1 can sign in now.', made.username)
      );
      onMade();
    } catch (reason) {
      const fields = reason instanceof ApiError ? reason.fields : [];
      setRefused(
        Object.fromEntries(fields.map(one => [one.path, one.message]))
      );
      setError(fields.length > 0 ? null : reason);
    }
    setBusy(false);
  };
  const roles = (['user', 'admin', 'operator'] as const).slice(
    0,
    session.user?.role === 'operator' ? 3 : 2
  );
  return (
    <details className="jp-QuantLab-Admin-more">
      <summary>{trans.__('Add a person')}</summary>
      <form
        className="jp-QuantLab-Form jp-QuantLab-Admin-form"
        noValidate
        onSubmit={event => void make(event)}
      >
        <TextField
          id="quantlab-admin-username"
          label={trans.__('Username')}
          value={values.username}
          error={refused.username}
          onChange={set('username')}
        />
        <TextField
          id="quantlab-admin-email"
          label={trans.__('E-mail address')}
          type="email"
          value={values.email}
          error={refused.email}
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
          error={refused.password}
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
        {error ? <ErrorBox error={error} trans={trans} /> : null}
        <div className="jp-QuantLab-Actions">
          <button
            type="submit"
            className="jp-mod-styled jp-mod-accept"
            aria-disabled={isBusy}
          >
            {trans.__('Create account')}
          </button>
          <span role="status">{said}</span>
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
