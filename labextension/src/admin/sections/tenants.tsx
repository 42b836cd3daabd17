/**
 * The tenants of the installation, for operators: found, and shared ones renamed.
 */
import * as React from 'react';

import type { TenantInfo } from '../../api/models';
import { attempt } from '../../ui/attempt';
import { byteSize, fullTime } from '../../ui/format';
import { Loading, useLoaded } from '../../ui/loaded';
import { EmptyState } from '../../ui/states';
import type { IAdminSectionProps } from '../sections';

export default function Tenants(props: IAdminSectionProps): JSX.Element {
  const { admin, trans } = props;
  const [q, setQ] = React.useState('');
  // Where each page that was turned to begins.
  const [cursors, setCursors] = React.useState<string[]>([]);
  const loaded = useLoaded(
    signal => admin.tenants({ q, cursor: cursors.at(-1) }, signal),
    [admin, q, cursors]
  );
  return (
    <>
      <div className="jp-QuantLab-Admin-filters" role="search">
        <input
          type="search"
          className="jp-mod-styled"
          aria-label={trans.__('Search tenants by name')}
          placeholder={trans.__('Search tenants by name')}
          maxLength={200}
          value={q}
          onChange={event => {
            setCursors([]);
            setQ(event.target.value);
          }}
        />
      </div>
      <Loading
        loaded={loaded}
        trans={trans}
        label={trans.__('Loading the tenants')}
      >
        {page => (
          <>
            {page.items.length === 0 ? (
              <EmptyState
                title={trans.__('Nothing found')}
                text={trans.__('No tenant is called like this.')}
              />
            ) : (
              <ul className="jp-QuantLab-Sessions">
                {page.items.map(one => (
                  <Tenant
                    key={one.id}
                    tenant={one}
                    onChanged={loaded.again}
                    {...props}
                  />
                ))}
              </ul>
            )}
            <div className="jp-QuantLab-Actions">
              <button
                type="button"
                className="jp-mod-styled jp-mod-reject"
                disabled={cursors.length === 0}
                onClick={() => setCursors(cursors.slice(0, -1))}
              >
                {trans.__('Newer')}
              </button>
              <button
                type="button"
                className="jp-mod-styled jp-mod-reject"
                disabled={page.next_cursor === null}
                onClick={() =>
                  page.next_cursor !== null &&
                  setCursors([...cursors, page.next_cursor])
                }
              >
                {trans.__('Older')}
              </button>
            </div>
          </>
        )}
      </Loading>
    </>
  );
}

function Tenant(
  props: IAdminSectionProps & { tenant: TenantInfo; onChanged: () => void }
): JSX.Element {
  const { admin, trans, tenant, onChanged } = props;
  const [name, setName] = React.useState<string | null>(null);
  const rename = (): void => {
    if (name === null || name.trim() === '') {
      return;
    }
    void attempt(trans, async () => {
      await admin.renameTenant(tenant.id, name);
      setName(null);
      onChanged();
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
