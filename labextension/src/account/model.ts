/**
 * Who is using QuantLab in this page: asked once, kept in memory, told to every feature and to other tabs.
 */
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { QuantLabClient } from '../api/client';
import { ApiError, NotSignedInError } from '../api/errors';
import type {
  AuthConfig,
  Ceremony,
  LogIn,
  LogOutScope,
  PasskeyProof,
  OidcFinish,
  Register,
  Tokens,
  User
} from '../api/models';
import type {
  ILeavingAccount,
  IQuantLabSession,
  SessionState
} from '../tokens';

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

  get leaving(): ILeavingAccount | null {
    return this._leaving;
  }

  get userChanged(): ISignal<this, User | null> {
    return this._userChanged;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  async ready(): Promise<void> {
    // Asked anew while this was waited for: what counts is the last answer.
    let asked: Promise<void> | null = null;
    while (asked !== (this._ready ??= this._restore())) {
      asked = this._ready;
      await asked;
      if (this._ready === null) {
        return;
      }
    }
  }

  refresh(): Promise<void> {
    this._ready = this._restore();
    return this.ready();
  }

  async askConfig(): Promise<void> {
    if (this._config === null) {
      this._asking ??= this._askConfig().finally(() => {
        this._asking = null;
        this._changed.emit();
      });
      await this._asking;
    }
  }

  async signUp(body: Register): Promise<boolean> {
    const tokens = await this._client.register(body);
    if (tokens === null) {
      return false;
    }
    this._signedIn(tokens);
    return true;
  }

  signIn(body: LogIn): Promise<void> {
    return this._trySigningIn(() => this._client.logIn(body));
  }

  async acceptInvitation(token: string): Promise<void> {
    this._signedIn(await this._client.invitations.accept(token));
  }

  async signInByPasskey(
    sign: (ceremony: Ceremony) => Promise<PasskeyProof>
  ): Promise<void> {
    const { factors } = this._client;
    const proof = await sign(await factors.beginSignIn());
    await this._trySigningIn(() => factors.signIn(proof));
  }

  signInElsewhere(body: OidcFinish): Promise<void> {
    return this._trySigningIn(() => this._client.oidc.finish(body));
  }

  async leave(): Promise<void> {
    await this._ending(async () => {
      const { deletes_at } = await this._client.leave();
      this._leaving = { deletesAt: deletes_at, canKeep: false };
      await this._signedOutHere();
    });
  }

  async keepAccount(): Promise<void> {
    if (this.#keepToken !== null) {
      this._signedIn(await this._client.keepAccount(this.#keepToken));
    }
  }

  letGo(): void {
    this._leaving = null;
    this.#keepToken = null;
    this._changed.emit();
  }

  async signOut(scope: LogOutScope): Promise<void> {
    if (scope === 'others') {
      await this._logOut(scope);
      return;
    }
    await this._ending(async () => {
      await this._logOut(scope);
      await this._signedOutHere();
    });
  }

  private async _logOut(scope: LogOutScope): Promise<void> {
    try {
      await this._client.logOut(scope);
    } catch (error) {
      // A session that is gone already is what was asked for.
      if (!(error instanceof NotSignedInError)) {
        throw error;
      }
    }
  }

  /** While the person ends the session, other requests that find it out before the answer is here have no news. */
  private async _ending(act: () => Promise<void>): Promise<void> {
    this._isEnding = true;
    try {
      await act();
    } finally {
      this._isEnding = false;
    }
  }

  private async _signedOutHere(): Promise<void> {
    this._forget();
    // Who signed out is not let in again as the local account by a mere reload.
    this._storage?.setItem(this._hintKey, SIGNED_OUT);
    this._client.connection.locked = true;
    await this._askConfig();
    this._enter('signed-out', null);
    this._channel?.postMessage('changed');
  }

  async continueAsLocal(): Promise<void> {
    const user = await this._client.continueAsLocal();
    this._forget();
    this._storage?.removeItem(this._hintKey);
    this._client.connection.locked = false;
    this._ready = Promise.resolve();
    this._ended = false;
    this._enter('signed-in', user);
    this._channel?.postMessage('changed');
  }

  private async _restore(): Promise<void> {
    const turn = ++this._turn;
    try {
      await this._findOut(turn);
    } catch (error) {
      if (turn !== this._turn) {
        return;
      }
      if (error instanceof NotSignedInError) {
        this._forget();
        await this._signedOut(turn);
      } else {
        // Asked again with the next request.
        this._ready = null;
        this._enter('unreachable', this._user);
      }
    }
  }

  /** Ask who is here. `turn` is over as soon as something else settled it. */
  private async _findOut(turn: number): Promise<void> {
    const { connection } = this._client;
    if (this._isMarked()) {
      connection.locked = true;
      return this._signedOut(turn);
    }
    if (this._hasHint() && connection.accessToken === null) {
      try {
        return await connection.renew();
      } catch (error) {
        if (turn !== this._turn || !(error instanceof NotSignedInError)) {
          throw error;
        }
        this._forget();
        if (this._isMarked()) {
          // Another tab signed out meanwhile.
          return this._findOut(turn);
        }
      }
    }
    try {
      const { user } = await this._client.whoAmI();
      if (turn === this._turn) {
        this._enter('signed-in', user);
      }
    } catch (error) {
      const isOver =
        error instanceof NotSignedInError && connection.accessToken !== null;
      if (turn !== this._turn || !isOver) {
        throw error;
      }
      // The access token is over; the session need not be.
      await connection.renew();
    }
  }

  /** Nobody is here: what the forms need to know comes first. */
  private async _signedOut(turn: number): Promise<void> {
    await this._askConfig();
    if (turn === this._turn) {
      this._enter('signed-out', null);
    }
  }

  private async _askConfig(): Promise<void> {
    try {
      this._config = await this._client.authConfig();
    } catch {
      // Forms then offer what is known, or everything; the service has the last word.
    }
  }

  /** An account that is going to be deleted signs nobody in, but may be kept: then `leaving` says so. */
  private async _trySigningIn(act: () => Promise<Tokens>): Promise<void> {
    try {
      this._signedIn(await act());
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'account_leaving')) {
        throw error;
      }
      this.#keepToken = String(error.details.keep_token);
      this._leaving = {
        deletesAt: String(error.details.deletes_at),
        canKeep: true
      };
      this._changed.emit();
    }
  }

  private _signedIn(tokens: Tokens): void {
    this._leaving = null;
    this.#keepToken = null;
    this._ready = Promise.resolve();
    this._client.connection.replaceTokens(tokens);
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
    // Several requests may find it out.
    this._ended ||= had && !this._isEnding;
    void this._signedOut(++this._turn);
  }

  /** Another tab signed in or out. The cookie is shared, so this tab follows. */
  private async _onOtherTab(): Promise<void> {
    this._client.connection.setTokens(null);
    this._client.connection.locked = false;
    await this.refresh();
  }

  private _enter(state: SessionState, user: User | null): void {
    this._turn += 1;
    const before = this._user;
    this._client.connection.owner = user?.id ?? null;
    this._state = state;
    this._user = user;
    if (before?.id !== user?.id || before?.tenant_id !== user?.tenant_id) {
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

  #keepToken: string | null = null;
  private _leaving: ILeavingAccount | null = null;
  private readonly _hintKey: string;
  private _state: SessionState = 'unknown';
  private _user: User | null = null;
  private _config: AuthConfig | null = null;
  private _asking: Promise<void> | null = null;
  private _ended = false;
  /** The person is ending the session just now. */
  private _isEnding = false;
  private _ready: Promise<void> | null = null;
  /** Counts what settled who is here: an answer to an earlier question is not wanted any more. */
  private _turn = 0;
  private readonly _userChanged = new Signal<this, User | null>(this);
  private readonly _changed = new Signal<this, void>(this);
}
