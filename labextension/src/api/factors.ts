/**
 * Typed calls about second factors and passkeys, and about proving again who one is.
 */
import type {
  Ceremony,
  Factors,
  PasskeyAdded,
  PasskeyProof,
  StepUp,
  StepUpOptions,
  Tokens,
  TotpSetup
} from './models';
import type { ApiConnection } from './request';

/** One method per endpoint. All reject as {@link ApiConnection.request} does. */
export class FactorsClient {
  constructor(private readonly _connection: ApiConnection) {}

  /** What the caller has. */
  get(signal?: AbortSignal): Promise<Factors> {
    return this._connection.send('auth/mfa', { signal });
  }

  /** What an app for codes is set up with. */
  beginTotp(): Promise<TotpSetup> {
    return this._post('auth/mfa/totp');
  }

  /** Make the app count; resolves with recovery codes if it is the first factor. */
  async confirmTotp(code: string): Promise<string[]> {
    const made = await this._post<{ codes: string[] }>(
      'auth/mfa/totp/confirm',
      { code }
    );
    return made.codes;
  }

  /** Remove the app. */
  removeTotp(): Promise<void> {
    return this._connection.send('auth/mfa/totp', { method: 'DELETE' });
  }

  /** New recovery codes; the old ones are good for nothing any more. */
  async newRecoveryCodes(): Promise<string[]> {
    const made = await this._post<{ codes: string[] }>(
      'auth/mfa/recovery-codes'
    );
    return made.codes;
  }

  /** What a browser makes a passkey with. */
  beginPasskey(): Promise<Ceremony> {
    return this._post('auth/passkeys/register/options');
  }

  /** Keep a passkey that was just made. */
  addPasskey(proof: PasskeyProof, name: string): Promise<PasskeyAdded> {
    return this._post('auth/passkeys/register/verify', { ...proof, name });
  }

  /** Remove a passkey. */
  removePasskey(id: string): Promise<void> {
    return this._connection.send(`auth/passkeys/${encodeURIComponent(id)}`, {
      method: 'DELETE'
    });
  }

  /** What a browser signs in with by a passkey alone; needs no session. */
  beginSignIn(): Promise<Ceremony> {
    return this._connection.send('auth/passkeys/login/options', {
      method: 'POST',
      ofSession: true
    });
  }

  /** Sign in by a passkey alone. */
  signIn(proof: PasskeyProof): Promise<Tokens> {
    return this._connection.send('auth/passkeys/login/verify', {
      method: 'POST',
      json: proof,
      ofSession: true
    });
  }

  /** By what the caller can prove again who it is. */
  stepUpOptions(): Promise<StepUpOptions> {
    return this._post('auth/step-up/options');
  }

  /** Prove it. The connection goes on with the new token. */
  async stepUp(body: StepUp): Promise<void> {
    this._connection.replaceTokens(
      await this._post<Tokens>('auth/step-up', body)
    );
  }

  private _post<T>(path: string, json?: unknown): Promise<T> {
    return this._connection.send(path, { method: 'POST', json });
  }
}
