/**
 * Log-in at other services: calls of the API, no state of its own.
 */
import type {
  OidcCode,
  OidcFinish,
  OidcLink,
  OidcProvider,
  OidcStarted,
  Page,
  Tokens
} from './models';
import type { ApiConnection } from './request';

export class OidcClient {
  constructor(private readonly _connection: ApiConnection) {}

  /** The services that one can sign in at; none is the usual case. */
  async providers(signal?: AbortSignal): Promise<OidcProvider[]> {
    const answer = await this._connection.request<{ items: OidcProvider[] }>(
      'auth/oidc/providers',
      { signal, ofSession: true }
    );
    return answer.data.items;
  }

  /** Where the browser goes to sign in; `fresh`: the service has to ask the person anew. */
  async start(
    provider: string,
    challenge: string,
    fresh = false
  ): Promise<OidcStarted> {
    const answer = await this._connection.request<OidcStarted>(
      `auth/oidc/${encodeURIComponent(provider)}/start`,
      { method: 'POST', json: { challenge, fresh }, ofSession: true }
    );
    return answer.data;
  }

  /** Sign in with what the callback yielded, or the ticket of `otp_required`. */
  async finish(body: OidcFinish): Promise<Tokens> {
    const answer = await this._connection.request<Tokens>('auth/oidc/finish', {
      method: 'POST',
      json: body,
      ofSession: true
    });
    return answer.data;
  }

  /** Where the browser goes to link a log-in to the own account. */
  startLink(provider: string, challenge: string): Promise<OidcStarted> {
    return this._connection.send(
      `auth/oidc/${encodeURIComponent(provider)}/link`,
      { method: 'POST', json: { challenge } }
    );
  }

  /** Link the log-in that the callback yielded. */
  link(body: OidcCode): Promise<OidcLink> {
    return this._connection.send('auth/oidc/links', {
      method: 'POST',
      json: body
    });
  }

  /** The own log-ins at other services. */
  async links(signal?: AbortSignal): Promise<OidcLink[]> {
    const page = await this._connection.send<Page<OidcLink>>(
      'auth/oidc/links',
      { signal }
    );
    return page.items;
  }

  /** Let a log-in lead nowhere from now on. */
  unlink(id: string): Promise<void> {
    return this._connection.send(`auth/oidc/links/${encodeURIComponent(id)}`, {
      method: 'DELETE'
    });
  }
}
