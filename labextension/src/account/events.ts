/**
 * Events of the audit log in words.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

/** What happened, in words; an event that this page does not know yet is shown by its tag. */
export function eventLabel(tag: string, trans: TranslationBundle): string {
  const labels: Record<string, string> = {
    'account:user:registered': trans.__('Account created'),
    'operator:user:created': trans.__('Account created by the operator'),
    'account:session:started': trans.__('Signed in'),
    'account:session:refused': trans.__('Sign-in refused'),
    'account:session:throttled': trans.__('Too many sign-ins refused'),
    'account:session:ended': trans.__('Signed out'),
    'account:session:local_continued': trans.__('Continued as local user'),
    'account:session:token_reused': trans.__(
      'An old session token was used; the session was ended'
    ),
    'account:session:ended_by_owner': trans.__('Session ended'),
    'account:password:changed': trans.__('Password changed'),
    'account:profile:changed': trans.__('Profile changed'),
    'account:kernel_token:issued': trans.__('Kernel connected'),
    'account:tenant:left': trans.__('Account moved to another tenant'),
    'account:tenant:joined': trans.__('Account joined this tenant'),
    'admin:invitation:created': trans.__('Somebody was invited'),
    'admin:invitation:resent': trans.__('An invitation was sent again'),
    'admin:invitation:revoked': trans.__('An invitation was revoked'),
    'admin:user:created': trans.__('Account made by an administrator'),
    'admin:user:role_changed': trans.__('Role changed'),
    'admin:user:tier_changed': trans.__('Plan changed'),
    'admin:user:disabled': trans.__('Account disabled'),
    'admin:user:enabled': trans.__('Account enabled'),
    'admin:user:deleted': trans.__('Account deleted'),
    'admin:user:undeleted': trans.__('Deletion of the account taken back'),
    'admin:user:sessions_ended': trans.__('Signed out by an administrator'),
    'admin:items:listed': trans.__('An administrator looked at what is saved'),
    'admin:items:opened': trans.__('An administrator opened a saved object'),
    'admin:items:deleted': trans.__('An administrator deleted a saved object'),
    'admin:audit:exported': trans.__('Audit log exported'),
    'operator:tenant:created': trans.__('Tenant created'),
    'library:project:created': trans.__('Project created'),
    'library:project:changed': trans.__('Project changed'),
    'library:project:deleted': trans.__('Project deleted'),
    'library:export:made': trans.__('Library exported'),
    'library:import:done': trans.__('Library imported')
  };
  return labels[tag] ?? savedLabel(tag, trans) ?? tag;
}

/** Events of saved objects: `library:workflow:saved`. */
function savedLabel(tag: string, trans: TranslationBundle): string | null {
  const [, noun, act] = /^library:(workflow|layout):(\w+)$/.exec(tag) ?? [];
  const nouns: Record<string, string> = {
    workflow: trans.__('Workflow'),
    layout: trans.__('Layout')
  };
  const acts: Record<string, string> = {
    created: trans.__('%1 created', nouns[noun]),
    saved: trans.__('%1 saved', nouns[noun]),
    changed: trans.__('%1 changed', nouns[noun]),
    restored: trans.__('%1 restored', nouns[noun]),
    duplicated: trans.__('%1 duplicated', nouns[noun]),
    deleted: trans.__('%1 deleted', nouns[noun]),
    undeleted: trans.__('%1 undeleted', nouns[noun]),
    purged: trans.__('%1 deleted for good', nouns[noun]),
    trusted: trans.__('%1 trusted', nouns[noun])
  };
  return acts[act] ?? null;
}
