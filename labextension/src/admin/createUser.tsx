/**
 * The form that makes an account for somebody, folded away until it is wanted.
 */
import * as React from 'react';

import { roleLabel } from '../account/words';
import { ApiError } from '../api/errors';
import type { User } from '../api/models';
import { Field, PasswordField, TextField } from '../ui/fields';
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
  const set = (name: keyof typeof EMPTY) => (value: string) => {
    setValues(now => ({ ...now, [name]: value }));
    setRefused(now => ({ ...now, [name]: undefined }));
  };
  const make = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    setError(null);
    setSaid('');
    try {
      const made = await admin.create({ ...values, role, tier: 'free' });
      setValues(EMPTY);
      setSaid(trans.__('%1 can sign in now.', made.username));
      onMade();
    } catch (reason) {
      const fields = reason instanceof ApiError ? reason.fields : [];
      setRefused(
        Object.fromEntries(fields.map(one => [one.path, one.message]))
      );
      setError(fields.length > 0 ? null : reason);
    }
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
          label={trans.__('First password')}
          hint={trans.__(
            'Hand it to the person, who changes it on the account page.'
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
          <button type="submit" className="jp-mod-styled jp-mod-accept">
            {trans.__('Create account')}
          </button>
          <span role="status">{said}</span>
        </div>
      </form>
    </details>
  );
}
