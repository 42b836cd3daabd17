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

/** A window that was opened empty. */
export interface IOpened {
  go(url: string): void;
  close(): void;
}

/** What a log-in needs of the browser; tests bring their own. */
export interface IWindows {
  /** An empty window, or null where the browser lets none open. */
  open(): IOpened | null;
  openChannel(): Pick<
    BroadcastChannel,
    'addEventListener' | 'removeEventListener' | 'close'
  >;
}

export const windows: IWindows = {
  open: () => {
    const opened = window.open(
      'about:blank',
      '_blank',
      'popup,width=520,height=720'
    );
    if (!opened) {
      return null;
    }
    // The other service must not be able to lead this page elsewhere.
    opened.opener = null;
    return {
      go: url => opened.location.replace(url),
      close: () => opened.close()
    };
  },
  openChannel: () => new BroadcastChannel(CHANNEL)
};

/**
 * Open the service's page and wait for what it leads back to.
 *
 * To be called within a click: the window is opened before anything is waited for, since browsers let no page open one
 * later.
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
  const opened = place.open();
  if (!opened) {
    throw new ElsewhereError('blocked');
  }
  let channel: ReturnType<IWindows['openChannel']> | null = null;
  try {
    const verifier = encode(crypto.getRandomValues(new Uint8Array(48)));
    const started = await begin(encode(await digest(verifier)));
    signal.throwIfAborted();
    const state =
      new URL(started.authorization_url).searchParams.get('state') ?? '';
    const flow = hex(await digest(state)).slice(0, 16);
    // Listening begins first: who is signed in there already comes back at once.
    channel = place.openChannel();
    const returned = heard(channel, flow, signal);
    opened.go(started.authorization_url);
    return { code: await returned, verifier };
  } catch (reason) {
    // Where the service refused, its page says why.
    if (!(reason instanceof ElsewhereError)) {
      opened.close();
    }
    throw reason;
  } finally {
    channel?.close();
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
