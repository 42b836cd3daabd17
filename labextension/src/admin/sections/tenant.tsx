/**
 * Settings of the own tenant.
 */
import * as React from 'react';

import type { OwnTenant } from '../../api/models';
import { TextField } from '../../ui/fields';
import { useForm } from '../../ui/form';
import { fullTime } from '../../ui/format';
import { Loading, useLoaded } from '../../ui/loaded';
import { ErrorBox } from '../../ui/states';
import type { IAdminSectionProps } from '../sections';

export default function TenantSection(props: IAdminSectionProps): JSX.Element {
  const { admin, trans } = props;
  const loaded = useLoaded(signal => admin.ownTenant(signal), [admin]);
  return (
    <Loading
      loaded={loaded}
      trans={trans}
      label={trans.__('Loading the settings')}
    >
      {tenant => (
        <>
          {tenant.personal ? (
            <p>
              {trans.__(
                'This tenant belongs to one account and is called as its person is. Invite others to work in it together.'
              )}
            </p>
          ) : (
            <Rename {...props} tenant={tenant} />
          )}
          <p className="jp-QuantLab-muted">
            {trans.__('Made on %1', fullTime(tenant.created_at))}
          </p>
        </>
      )}
    </Loading>
  );
}

function Rename(
  props: IAdminSectionProps & { tenant: OwnTenant }
): JSX.Element {
  const { admin, trans, tenant } = props;
  const [name, setName] = React.useState(tenant.name);
  const form = useForm(['name']);
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    const wrong = {
      name: name.trim() === '' ? trans.__('Give the tenant a name.') : undefined
    };
    void form.send(wrong, async () => {
      const saved = await admin.renameOwnTenant(name.trim());
      setName(saved.name);
      return trans.__('Saved. People see the new name when they sign in next.');
    });
  };
  return (
    <form
      ref={form.ref}
      className="jp-QuantLab-Form jp-QuantLab-Admin-form"
      noValidate
      onSubmit={submit}
    >
      <TextField
        id="quantlab-tenant-name"
        label={trans.__('Name')}
        hint={trans.__('Everybody of the tenant sees it, and who is invited.')}
        value={name}
        error={form.refused.name}
        onChange={text => {
          setName(text);
          form.touch('name');
        }}
      />
      {form.error ? <ErrorBox error={form.error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={form.isBusy}
        >
          {form.isBusy ? trans.__('Saving…') : trans.__('Save name')}
        </button>
        <span role="status">{form.said}</span>
      </div>
    </form>
  );
}
