/**
 * Names of roles, quotas and browsers as people say them.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { SessionInfo, User } from '../api/models';

/** A role in words. */
export function roleLabel(
  role: User['role'],
  trans: TranslationBundle
): string {
  switch (role) {
    case 'user':
      return trans.__('Member');
    case 'admin':
      return trans.__('Administrator');
    case 'operator':
      return trans.__('Operator');
  }
}

/** A quota in words; one that this page does not know yet is shown by its name. */
export function quotaLabel(name: string, trans: TranslationBundle): string {
  const labels: Record<string, string> = {
    workflows: trans.__('Workflows'),
    storage: trans.__('Storage'),
    storage_bytes: trans.__('Storage'),
    projects: trans.__('Projects'),
    layouts: trans.__('Layouts'),
    indicators: trans.__('Indicators'),
    strategies: trans.__('Strategies'),
    watchlists: trans.__('Watchlists'),
    alerts: trans.__('Alerts'),
    requests: trans.__('Requests')
  };
  return labels[name] ?? name.replace(/_/g, ' ');
}

const BROWSERS: [RegExp, string][] = [
  [/\bEdg\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/\bSafari\//, 'Safari']
];

const SYSTEMS: [RegExp, string][] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(iPhone|iPad)\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux']
];

/** Browser and system of a session; what is neither is shown as it is, shortened. */
export function agentLabel(
  agent: string | null,
  trans: TranslationBundle
): string {
  if (!agent) {
    return trans.__('Unknown program');
  }
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  if (browser) {
    return system ? trans.__('%1 on %2', browser, system) : browser;
  }
  return agent.length > 60 ? `${agent.slice(0, 60)}…` : agent;
}

/** Where a session is, in words. */
export function sessionLabel(
  session: SessionInfo,
  trans: TranslationBundle
): string {
  return session.kind === 'local'
    ? trans.__('This Jupyter server')
    : agentLabel(session.user_agent, trans);
}
