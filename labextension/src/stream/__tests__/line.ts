import { ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import type { Tokens, User } from '../../api/models';
import { ApiConnection } from '../../api/request';
import type { IQuantLabSession, SessionState } from '../../tokens';

/** A socket whose other end is the test. */
export class Line {
  static opened: Line[] = [];

  static get last(): Line {
    return Line.opened[Line.opened.length - 1];
  }

  static get open(): Line[] {
    return Line.opened.filter(line => !line.closed);
  }

  constructor(readonly url: string) {
    Line.opened.push(this);
  }

  send(text: string): void {
    this.said.push(JSON.parse(text) as object);
  }

  close(): void {
    this.closed = true;
  }

  /** The handshake is done, and the service knows who this is. */
  accept(expiresIn: number | null = null, userId = 'ada'): void {
    this.onopen?.();
    const expires =
      expiresIn === null ? null : new Date(Date.now() + expiresIn);
    this.hear({
      type: 'authenticated',
      user_id: userId,
      expires_at: expires?.toISOString() ?? null
    });
  }

  hear(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  lose(code: number): void {
    this.closed = true;
    this.onclose?.({ code });
  }

  /** What was said of topics, in order. */
  get saidOfTopics(): object[] {
    return this.said.filter(each => 'topics' in each);
  }

  readonly said: object[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
}

export const TOKENS = {
  access_token: 'a-token',
  expires_in: 900,
  user: { id: 'ada' }
} as Tokens;

export function makeConnection(): ApiConnection {
  const connection = new ApiConnection({
    serverSettings: ServerConnection.makeSettings({
      baseUrl: 'http://127.0.0.1:1/base/',
      wsUrl: 'ws://127.0.0.1:1/base/',
      appendToken: false,
      WebSocket: Line as unknown as typeof WebSocket
    })
  });
  connection.setTokens(TOKENS);
  return connection;
}

/** Who is signed in, as the test says. */
export class Session {
  constructor(id: string | null = 'ada') {
    this.user = id === null ? null : ({ id } as User);
  }

  enter(id: string | null, state: SessionState = 'signed-in'): void {
    this.user = id === null ? null : ({ id } as User);
    this.state = state;
    this.userChanged.emit(this.user);
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  get asSession(): IQuantLabSession {
    return this as unknown as IQuantLabSession;
  }

  state: SessionState = 'signed-in';
  user: User | null;
  readonly userChanged = new Signal<IQuantLabSession, User | null>(
    this as unknown as IQuantLabSession
  );
}
