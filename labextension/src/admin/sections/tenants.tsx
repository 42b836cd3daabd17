/**
 * The tenants of the installation, for operators: found, and shared ones renamed.
 */
import * as React from 'react';

import type { TenantInfo } from '../../api/models';
import { attempt } from '../../ui/attempt';
import { TextField } from '../../ui/fields';
import { byteSize, fullTime } from '../../ui/format';
import { Paged, usePaged } from '../../ui/paged';
import { useSettled } from '../../ui/settled';
import { EmptyState } from '../../ui/states';
import type { IAdminSectionProps } from '../sections';

export default function Tenants(props: IAdminSectionProps): JSX.Element {
  const { admin, trans } = props;
  const [typed, setTyped] = React.useState('');
  const q = useSettled(typed.trim());
  const paged = usePaged(
    (cursor, signal) =>
      admin.tenants({ q, cursor: cursor ?? undefined }, signal),
    [admin, q]
  );
  return (
    <>
      <div className="jp-QuantLab-Admin-filters" role="search">
        <TextField
          id="quantlab-tenants-search"
          label={trans.__('Search tenants by name')}
          value={typed}
          onChange={text => setTyped(text.slice(0, 200))}
        />
      </div>
      <Paged
        paged={paged}
        trans={trans}
        label={trans.__('Loading the tenants')}
        count={shown => trans._n('%1 tenant shown', '%1 tenants shown', shown)}
        empty={
          <EmptyState
            title={trans.__('Nothing found')}
            text={trans.__('No tenant is called like this.')}
          />
        }
      >
        {tenants => (
          <ul className="jp-QuantLab-Sessions" aria-label={trans.__('Tenants')}>
            {tenants.map(one => (
              <Tenant
                key={one.id}
                tenant={one}
                onRenamed={paged.put}
                {...props}
              />
            ))}
          </ul>
        )}
      </Paged>
    </>
  );
}

function Tenant(
  props: IAdminSectionProps & {
    tenant: TenantInfo;
    onRenamed: (tenant: TenantInfo) => void;
  }
): JSX.Element {
  const { admin, trans, tenant, onRenamed } = props;
  const [name, setName] = React.useState<string | null>(null);
  const rename = (): void => {
    if (name === null || name.trim() === '') {
      return;
    }
    void attempt(trans, async () => {
      onRenamed(await admin.renameTenant(tenant.id, name));
      setName(null);
    });
  };
  return (
    <li>
      <div>
        {name === null ? (
          <bdi>{tenant.name}</bdi>
        ) : (
          <input
            autoFocus
            className="jp-mod-styled"
            aria-label={trans.__('New name of %1', tenant.name)}
            maxLength={200}
            value={name}
            onChange={event => setName(event.target.value)}
            onKeyDown={event => {
              if (event.key === 'Enter') {
                rename();
              } else if (event.key === 'Escape') {
                setName(null);
              }
            }}
          />
        )}
        <div className="jp-QuantLab-muted" title={fullTime(tenant.created_at)}>
          {[
            tenant.personal ? trans.__('Personal') : trans.__('Shared'),
            trans._n('%1 person', '%1 people', tenant.people),
            byteSize(tenant.storage)
          ].join(' · ')}
        </div>
      </div>
      {tenant.personal ? null : name === null ? (
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          aria-label={trans.__('Rename %1', tenant.name)}
          onClick={() => setName(tenant.name)}
        >
          {trans.__('Rename')}
        </button>
      ) : (
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept"
          onClick={rename}
        >
          {trans.__('Save name')}
        </button>
      )}
    </li>
  );
}
