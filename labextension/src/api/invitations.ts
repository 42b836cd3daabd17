/**
 * Invitations that one was given: calls of the API, no state of its own.
 */
import type { OpenInvitation, Tokens } from './models';
import type { ApiConnection } from './request';

export class InvitationsClient {
  constructor(private readonly _connection: ApiConnection) {}

  /** What an invitation offers; it stays good. */
  show(token: string, signal?: AbortSignal): Promise<OpenInvitation> {
    return this._connection.send('auth/invitation', {
      method: 'POST',
      json: { token },
      signal,
      ofSession: true
    });
  }

  /** Join with the account that is signed in. */
  accept(token: string): Promise<Tokens> {
    return this._connection.send('auth/invitation/accept', {
      method: 'POST',
      json: { token }
    });
  }
}
