/**
 * Passkeys between the service's JSON and the browser's own objects.
 */
import type { Ceremony, PasskeyProof } from '../api/models';
import { decode, encode } from './base64url';

/** The browser can make and use passkeys on this page. */
export function canUsePasskeys(): boolean {
  return window.isSecureContext && 'PublicKeyCredential' in window;
}

/** True for the rejection when the person closed the browser's question, or nothing fitted. */
export function isDeclined(reason: unknown): boolean {
  return (
    reason instanceof DOMException &&
    (reason.name === 'NotAllowedError' || reason.name === 'AbortError')
  );
}

/** The device has one of the person's passkeys already. */
export function isKnownHere(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'InvalidStateError';
}

type Described = { id: string; type: 'public-key'; transports?: string[] };

/** Have the browser make a passkey. Rejects with a DOMException when it does not. */
export async function makePasskey(ceremony: Ceremony): Promise<PasskeyProof> {
  const given = ceremony.options as {
    challenge: string;
    user: { id: string; name: string; displayName: string };
    excludeCredentials?: Described[];
  };
  const publicKey = {
    ...given,
    challenge: decode(given.challenge),
    user: { ...given.user, id: decode(given.user.id) },
    excludeCredentials: described(given.excludeCredentials)
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = (await navigator.credentials.create({
    publicKey
  })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return proof(ceremony, made, {
    attestationObject: encode(response.attestationObject),
    // Absent in old browsers, whatever the type says.
    transports: response.getTransports?.() ?? []
  });
}

/** Have the browser sign with a passkey. Rejects with a DOMException when it does not. */
export async function signWithPasskey(
  ceremony: Ceremony
): Promise<PasskeyProof> {
  const given = ceremony.options as {
    challenge: string;
    allowCredentials?: Described[];
  };
  const publicKey = {
    ...given,
    challenge: decode(given.challenge),
    allowCredentials: described(given.allowCredentials)
  } as unknown as PublicKeyCredentialRequestOptions;
  const used = (await navigator.credentials.get({
    publicKey
  })) as PublicKeyCredential;
  const response = used.response as AuthenticatorAssertionResponse;
  return proof(ceremony, used, {
    authenticatorData: encode(response.authenticatorData),
    signature: encode(response.signature),
    ...(response.userHandle ? { userHandle: encode(response.userHandle) } : {})
  });
}

function proof(
  ceremony: Ceremony,
  credential: PublicKeyCredential,
  response: Record<string, unknown>
): PasskeyProof {
  return {
    challenge_id: ceremony.challenge_id,
    credential: {
      id: credential.id,
      rawId: encode(credential.rawId),
      type: credential.type,
      response: {
        clientDataJSON: encode(credential.response.clientDataJSON),
        ...response
      },
      clientExtensionResults: credential.getClientExtensionResults()
    }
  };
}

function described(credentials: Described[] = []): unknown[] {
  return credentials.map(one => ({ ...one, id: decode(one.id) }));
}
