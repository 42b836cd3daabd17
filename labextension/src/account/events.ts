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
    'account:session:proved_again': trans.__('Confirmed that it is you'),
    'account:session:proof_refused': trans.__('A confirmation was refused'),
    'account:oidc:linked': trans.__('Log-in at another service linked'),
    'account:oidc:unlinked': trans.__('Log-in at another service unlinked'),
    'account:user:taken_back': trans.__(
      'Account taken back by the owner of its address'
    ),
    'account:user:purged': trans.__('Account removed for good'),
    'account:user:left': trans.__('Account deleted by its person'),
    'account:user:kept': trans.__('Account kept after all'),
    'account:user:registration_repeated': trans.__(
      'Signing up was tried again with this address'
    ),
    'account:totp:added': trans.__('App for codes added'),
    'account:totp:removed': trans.__('App for codes removed'),
    'account:passkey:added': trans.__('Passkey added'),
    'account:passkey:removed': trans.__('Passkey removed'),
    'account:passkey:counter_went_back': trans.__(
      'A passkey may have been copied'
    ),
    'account:recovery_codes:made': trans.__('New recovery codes made'),
    'account:recovery_code:used': trans.__('Recovery code used'),
    'account:password:reset_asked': trans.__(
      'A link for a forgotten password was asked for'
    ),
    'account:password:reset': trans.__('Password reset by a mailed link'),
    'account:email:verified': trans.__('E-mail address confirmed'),
    'account:email:change_asked': trans.__(
      'Another e-mail address was asked for'
    ),
    'account:email:changed': trans.__('E-mail address changed'),
    'account:email:reverted': trans.__(
      'Change of the e-mail address taken back'
    ),
    'account:api_token:created': trans.__('API token made'),
    'account:api_token:revoked': trans.__('API token revoked'),
    'account:device:approved': trans.__('Device connected'),
    'account:device:denied': trans.__('Device refused'),
    'account:data:exported': trans.__('Own data exported'),
    'mail:message:given_up': trans.__('A mail could not be delivered'),
    'operator:factors:reset': trans.__(
      'Two-step verification reset by an operator'
    ),
    'operator:user:tier_changed': trans.__('Plan changed by an operator'),
    'admin:items:given': trans.__('Saved objects handed over'),
    'admin:items:received': trans.__('Saved objects received'),
    'admin:tenant:changed': trans.__('Settings of the tenant changed'),
    'operator:kill_switch:turned': trans.__('Kill switch turned'),
    'operator:settings:changed': trans.__(
      'Settings of the installation changed'
    ),
    'operator:tenant:renamed': trans.__('Tenant renamed by an operator'),
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
    trusted: trans.__('%1 trusted', nouns[noun]),
    shared: trans.__('%1 shared', nouns[noun]),
    share_revoked: trans.__('%1 no longer shared', nouns[noun])
  };
  return acts[act] ?? null;
}
