import type { User } from '../api/models';

export const ADMIN_WIDGET = 'jp-quantlab-admin';

/** From the least to the most. */
export const ROLES = ['user', 'admin', 'operator'] as const;

/** Whether a person looks after others. */
export function isAdmin(user: User | null): boolean {
  return user !== null && user.role !== 'user';
}
