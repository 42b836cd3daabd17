/**
 * The sections of the account page: the one table. Each is a file in `sections/`, loaded when it is first shown.
 */
import type { IThemeManager } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import type { QuantLabClient } from '../api/client';
import type { IQuantLabSession } from '../tokens';
import type { ISection } from '../ui/sections';

/** What every section gets. Somebody is signed in: `session.user` is set. */
export interface IAccountSectionProps {
  client: QuantLabClient;
  session: IQuantLabSession;
  trans: TranslationBundle;
  commands: CommandRegistry;
  /** JupyterLab's themes; null where there are none. */
  themes: IThemeManager | null;
  /** Show another page: a section by its id, `sign-in` or `sign-up`. */
  onPage: (page: string) => void;
}

/** Whose account has a password and an address: everyone's but the local one. */
const hasPassword = ({ session }: IAccountSectionProps): boolean =>
  !session.user?.is_local;

/** In the order in which they are listed; the first is what the page opens with. */
export const SECTIONS: readonly ISection<IAccountSectionProps>[] = [
  {
    id: 'profile',
    title: trans => trans.__('Profile'),
    load: () => import('./sections/profile')
  },
  {
    id: 'preferences',
    title: trans => trans.__('Preferences'),
    load: () => import('./sections/preferences')
  },
  {
    id: 'email',
    title: trans => trans.__('E-mail'),
    isShown: hasPassword,
    load: () => import('./sections/email')
  },
  {
    id: 'password',
    title: trans => trans.__('Password'),
    isShown: hasPassword,
    load: () => import('./sections/password')
  },
  {
    id: 'two-step',
    title: trans => trans.__('Two-step verification and passkeys'),
    isShown: hasPassword,
    load: () => import('./sections/factors')
  },
  {
    id: 'linked',
    title: trans => trans.__('Linked log-ins'),
    isShown: hasPassword,
    load: () => import('./sections/linked')
  },
  {
    id: 'sessions',
    title: trans => trans.__('Sessions'),
    load: () => import('./sections/sessions')
  },
  {
    id: 'api-tokens',
    title: trans => trans.__('API tokens'),
    load: () => import('./sections/apiTokens')
  },
  {
    id: 'device',
    title: trans => trans.__('Connect a device'),
    load: () => import('./sections/device')
  },
  {
    id: 'usage',
    title: trans => trans.__('Usage'),
    load: () => import('./sections/usage')
  },
  {
    id: 'activity',
    title: trans => trans.__('Activity'),
    load: () => import('./sections/activity')
  },
  {
    id: 'own-data',
    title: trans => trans.__('Export my data'),
    load: () => import('./sections/ownData')
  },
  {
    id: 'delete-account',
    title: trans => trans.__('Delete my account'),
    load: () => import('./sections/deleteAccount')
  }
];
