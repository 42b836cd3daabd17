/**
 * Who is using QuantLab in this page: asked once, kept in memory, told to every feature and to other tabs.
 */
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { QuantLabClient } from '../api/client';
import { NotSignedInError } from '../api/errors';
import type {
  AuthConfig,
  Ceremony,
  LogIn,
  LogOutScope,
  PasskeyProof,
  OidcCode,
  Register,
  Tokens,
  User
} from '../api/models';
import type { IQuantLabSession, SessionState } from '../tokens';

/** A person's session exists in this browser: asking for its renewal makes sense. Holds no secret. */
const HINT = 'quantlab:session';

/** The hint's value after the person signed out here, until somebody signs in or continues as local user. */
const SIGNED_OUT = 'signed-out';

/** The part of `Storage` that is used; a page may have none. */
export type HintStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** The session of one page. */
export class QuantLabSession implements IQuantLabSession {
  /**
   * @param client - the page's client
   * @param storage - where the hint lives that a session cookie exists; null: never ask for a renewal at start
   * @param channel - tells other tabs of the same server; null: tell nobody
   */
  constructor(
    private readonly _client: QuantLabClient,
    private readonly _storage: HintStorage | null,
    private readonly _channel: BroadcastChannel | null = null
  ) {
    const connection = _client.connection;
    connection.ready = () => this.ready();
    connection.signedOut.connect(this._onSignedOut, this);
    connection.renewed.connect(this._onRenewed, this);
    this._hintKey = `${HINT}:${connection.apiUrl}`;
    if (_channel) {
      _channel.onmessage = () => void this._onOtherTab();
    }
  }

  get state(): SessionState {
    return this._state;
  }

  get user(): User | null {
    return this._user;
  }

  get config(): AuthConfig | null {
    return this._config;
  }

  get ended(): boolean {
    return this._ended;
  }

  get accessToken(): string | null {
    return this._client.connection.accessToken;
  }

  get userChanged(): ISignal<this, User | null> {
    return this._userChanged;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  ready(): Promise<void> {
    this._ready ??= this._restore();
    return this._ready;
  }

  refresh(): Promise<void> {
    this._ready = this._restore();
    return this._ready;
  }

  async signUp(body: Register): Promise<boolean> {
    const tokens = await this._client.register(body);
    if (tokens === null) {
      return false;
    }
    this._signedIn(tokens);
    return true;
  }

  async signIn(body: LogIn): Promise<void> {
    this._signedIn(await this._client.logIn(body));
  }

  async signInByPasskey(
    sign: (ceremony: Ceremony) => Promise<PasskeyProof>
  ): Promise<void> {
    const { factors } = this._client;
    const proof = await sign(await factors.beginSignIn());
    this._signedIn(await factors.signIn(proof));
  }

  async signInElsewhere(body: OidcCode): Promise<void> {
    this._signedIn(await this._client.oidc.finish(body));
  }

  async signOut(scope: LogOutScope): Promise<void> {
    try {
      await this._client.logOut(scope);
    } catch (error) {
      // A session that is gone already is what was asked for.
      if (!(error instanceof NotSignedInError)) {
        throw error;
      }
    }
    if (scope === 'others') {
      return;
    }
    this._forget();
    // Who signed out is not let in again as the local account by a mere reload.
    this._storage?.setItem(this._hintKey, SIGNED_OUT);
    this._client.connection.locked = true;
    await this._askConfig();
    this._enter('signed-out', null);
    this._channel?.postMessage('changed');
  }

  async continueAsLocal(): Promise<void> {
    // The local account is asked for without a token: a person's own would win.
    const user = await this._client.continueAsLocal();
    this._forget();
    this._storage?.removeItem(this._hintKey);
    this._client.connection.locked = false;
    this._ready = Promise.resolve();
    this._ended = false;
    this._enter('signed-in', user);
    this._channel?.postMessage('changed');
    void this._askConfig();
  }

  private async _restore(): Promise<void> {
    const connection = this._client.connection;
    try {
      if (this._isMarked()) {
        connection.locked = true;
        await this._askConfig();
        this._enter('signed-out', null);
        return;
      }
      if (this._hasHint() && connection.accessToken === null) {
        try {
          await connection.renew();
          return;
        } catch (error) {
          if (!(error instanceof NotSignedInError)) {
            throw error;
          }
          this._forget();
          if (this._isMarked()) {
            // Another tab signed out meanwhile.
            return this._restore();
          }
        }
      }
      const profile = await this._client.whoAmI();
      this._enter('signed-in', profile.user);
    } catch (error) {
      if (error instanceof NotSignedInError) {
        this._forget();
        await this._askConfig();
        this._enter('signed-out', null);
      } else {
        // Asked again with the next request.
        this._ready = null;
        this._enter('unreachable', this._user);
      }
    }
  }

  private async _askConfig(): Promise<void> {
    try {
      this._config = await this._client.authConfig();
    } catch {
      // Forms then offer everything; the service has the last word.
      this._config = null;
    }
  }

  private _signedIn(tokens: Tokens): void {
    this._client.connection.setTokens(tokens);
    this._setHint();
    this._ready = Promise.resolve();
    this._ended = false;
    this._enter('signed-in', tokens.user);
    this._channel?.postMessage('changed');
  }

  private _onRenewed(_: unknown, tokens: Tokens): void {
    this._setHint();
    this._ended = false;
    this._enter('signed-in', tokens.user);
  }

  private _onSignedOut(): void {
    const had = this._user !== null;
    this._forget();
    this._ended = had;
    void this._askConfig().then(() => this._enter('signed-out', null));
  }

  /** Another tab signed in or out. The cookie is shared, so this tab follows. */
  private async _onOtherTab(): Promise<void> {
    this._client.connection.setTokens(null);
    this._client.connection.locked = false;
    await this.refresh();
  }

  private _enter(state: SessionState, user: User | null): void {
    const before = this._user;
    this._state = state;
    this._user = user;
    if (before?.id !== user?.id) {
      this._userChanged.emit(user);
    }
    this._changed.emit();
  }

  private _forget(): void {
    this._client.connection.setTokens(null);
    // Who signed out, perhaps in another tab just now, stays so.
    if (this._hasHint()) {
      this._storage?.removeItem(this._hintKey);
    }
  }

  private _setHint(): void {
    this._storage?.setItem(this._hintKey, '1');
  }

  private _hasHint(): boolean {
    return this._storage?.getItem(this._hintKey) === '1';
  }

  /** The person signed out in this browser. */
  private _isMarked(): boolean {
    return this._storage?.getItem(this._hintKey) === SIGNED_OUT;
  }

  private readonly _hintKey: string;
  private _state: SessionState = 'unknown';
  private _user: User | null = null;
  private _config: AuthConfig | null = null;
  private _ended = false;
  private _ready: Promise<void> | null = null;
  private readonly _userChanged = new Signal<this, User | null>(this);
  private readonly _changed = new Signal<this, void>(this);
}
