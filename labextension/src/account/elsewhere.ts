/**
 * A log-in at another service: its window, and what comes back from there. No React.
 */
import type { OidcCode, OidcStarted } from '../api/models';
import { encode } from './base64url';

const CHANNEL = 'quantlab:oidc';

/** What the callback's page says to the pages of this browser. */
interface IReturn {
  flow?: string;
  code?: string;
  error?: string;
}

/** The service has refused, or its window could not be opened. */
export class ElsewhereError extends Error {
  constructor(readonly reason: 'blocked' | 'refused') {
    super(reason);
  }
}

/** What a log-in needs of the browser; tests bring their own. */
export interface IWindows {
  open(url: string): boolean;
  openChannel(): Pick<
    BroadcastChannel,
    'addEventListener' | 'removeEventListener' | 'close'
  >;
}

export const windows: IWindows = {
  open: url => {
    const opened = window.open(
      'about:blank',
      '_blank',
      'popup,width=520,height=720'
    );
    if (!opened) {
      return false;
    }
    // The other service must not be able to lead this page elsewhere.
    opened.opener = null;
    opened.location.replace(url);
    return true;
  },
  openChannel: () => new BroadcastChannel(CHANNEL)
};

/**
 * Open the service's page and wait for what it leads back to.
 *
 * @param begin - asks our service where to go.
 * @param signal - ends the wait; the promise then rejects with its reason.
 * @returns the one-time code with the verifier that makes it good.
 * @throws ElsewhereError
 */
export async function logInElsewhere(
  begin: (challenge: string) => Promise<OidcStarted>,
  signal: AbortSignal,
  place: IWindows = windows
): Promise<OidcCode> {
  const verifier = encode(crypto.getRandomValues(new Uint8Array(48)));
  const started = await begin(encode(await digest(verifier)));
  signal.throwIfAborted();
  const state =
    new URL(started.authorization_url).searchParams.get('state') ?? '';
  const flow = hex(await digest(state)).slice(0, 16);
  // Listening begins first: who is signed in there already comes back at once.
  const channel = place.openChannel();
  try {
    const returned = heard(channel, flow, signal);
    if (!place.open(started.authorization_url)) {
      throw new ElsewhereError('blocked');
    }
    return { code: await returned, verifier };
  } finally {
    channel.close();
  }
}

function heard(
  channel: ReturnType<IWindows['openChannel']>,
  flow: string,
  signal: AbortSignal
): Promise<string> {
  return new Promise((resolve, reject) => {
    channel.addEventListener('message', event => {
      const said = (event as MessageEvent<IReturn>).data;
      if (said?.flow !== flow) {
        return;
      }
      if (said.code) {
        resolve(said.code);
      } else {
        reject(new ElsewhereError('refused'));
      }
    });
    signal.addEventListener('abort', () =>
      reject(signal.reason as unknown as Error)
    );
  });
}

async function digest(text: string): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
}
