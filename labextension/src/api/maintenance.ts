/**
 * Whether access is switched off for maintenance, as far as the service's answers tell.
 */
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IRequest } from './transport';
import { isRead } from './transport';

/** Ways in that are open to whoever may read meanwhile, and to nobody else. */
const WAYS_IN = new Set([
  'auth/login',
  'auth/refresh',
  'auth/oidc/finish',
  'auth/passkeys/login/verify'
]);

export class Maintenance {
  /** Why access is off; null: as far as is known it is on. */
  get reason(): string | null {
    return this._closed?.reason ?? null;
  }

  /** Access was switched off, or on again. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Access is off for a request. Administrators may go on reading, so it is kept whether a read was refused. */
  noteClosed(reason: string, path: string, options: IRequest): void {
    const before = this._closed;
    const reads = isLikeRead(path, options) || (before?.reads ?? false);
    this._closed = { reason, reads };
    if (before?.reason !== reason) {
      this._changed.emit();
    }
  }

  /** A request was answered. What goes on during maintenance says nothing about its end. */
  noteAnswered(path: string, options: IRequest): void {
    const isTold =
      path === 'auth/profile' ||
      WAYS_IN.has(path) ||
      !/^(auth|admin)\//.test(path);
    if (isTold && (this._closed?.reads || !isLikeRead(path, options))) {
      this.forget();
    }
  }

  /** It is over, or nobody can tell: if it goes on, the next refusal says so. */
  forget(): void {
    if (this._closed) {
      this._closed = null;
      this._changed.emit();
    }
  }

  private _closed: { reason: string; reads: boolean } | null = null;
  private readonly _changed = new Signal<this, void>(this);
}

/** Whether it is open to the same people as reading. */
function isLikeRead(path: string, options: IRequest): boolean {
  return isRead(options) || WAYS_IN.has(path);
}
