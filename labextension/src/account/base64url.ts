/**
 * Bytes as text that may stand in addresses and in JSON.
 */

/** Base64url without padding. */
export function encode(bytes: ArrayBuffer | Uint8Array): string {
  const text = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** The reverse of {@link encode}. */
export function decode(text: string): ArrayBuffer {
  const raw = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(raw, one => one.charCodeAt(0)).buffer;
}
