/**
 * The sections of the admin page: the one table. Each is a file in `sections/`, loaded when it is first shown.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { QuantLabClient } from '../api/client';
import type { IQuantLabSession } from '../tokens';
import type { ISection } from '../ui/sections';
import type { AdminClient } from './client';

/** What every section gets. Whoever is signed in looks after others: `session.user` is set. */
export interface IAdminSectionProps {
  admin: AdminClient;
  client: QuantLabClient;
  session: IQuantLabSession;
  trans: TranslationBundle;
}

/** In the order in which they are listed; the first is what the page opens with. */
export const SECTIONS: readonly ISection<IAdminSectionProps>[] = [
  {
    id: 'users',
    title: trans => trans.__('People'),
    load: () => import('./sections/users')
  },
  {
    id: 'invitations',
    title: trans => trans.__('Invitations'),
    load: () => import('./sections/invitations')
  },
  {
    id: 'tenant',
    title: trans => trans.__('Tenant'),
    load: () => import('./sections/tenant')
  },
  {
    id: 'audit',
    title: trans => trans.__('Audit log'),
    load: () => import('./sections/audit')
  },
  {
    id: 'tenants',
    title: trans => trans.__('Tenants'),
    isShown: isOperator,
    load: () => import('./sections/tenants')
  },
  {
    id: 'installation',
    title: trans => trans.__('Installation'),
    isShown: isOperator,
    load: () => import('./sections/installation')
  },
  {
    id: 'kill-switch',
    title: trans => trans.__('Kill switch'),
    isShown: isOperator,
    load: () => import('./sections/killSwitch')
  }
];

function isOperator(props: IAdminSectionProps): boolean {
  return props.session.user?.role === 'operator';
}
