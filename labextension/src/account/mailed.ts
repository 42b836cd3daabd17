/**
 * Links in mails open JupyterLab with their token in the fragment, which no server sees.
 */

/** What a mailed link is for, and its token. Kept in memory only. */
export type MailedLink = {
  kind: 'verify' | 'reset' | 'revert' | 'invitation';
  token: string;
};

const FRAGMENT =
  /^#quantlab-(?:(verify|reset|revert)=(qlo_[\w-]+)|(invitation)=([\w-]+))$/;

/** The link that this page was opened by. It leaves the address bar, so that neither history nor bookmarks keep it. */
export function takeMailedLink(
  location: Location = window.location,
  history: History = window.history
): MailedLink | null {
  const found = FRAGMENT.exec(location.hash);
  if (!found) {
    return null;
  }
  history.replaceState(history.state, '', location.pathname + location.search);
  return {
    kind: (found[1] ?? found[3]) as MailedLink['kind'],
    token: found[2] ?? found[4]
  };
}
