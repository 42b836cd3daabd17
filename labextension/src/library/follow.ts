/**
 * The library's share of the stream: what changed elsewhere is shown at once.
 */
import type { IDisposable } from '@lumino/disposable';

import type {
  IQuantLabLibrary,
  IQuantLabStream,
  IStreamMessage
} from '../tokens';

/** Changes that come together are one look. Milliseconds. */
const REST = 400;

/** Messages after which the library may be another: also the first, as it was read before anything was told. */
const CHANGES = new Set(['event', 'subscribed', 'missed']);

const followed = new WeakMap<IQuantLabLibrary, IDisposable>();

/**
 * Have the library look again when it changed in another page, device or program. Whoever shows it asks for this; it
 * is done once.
 */
export function followLibrary(
  stream: IQuantLabStream,
  library: IQuantLabLibrary
): IDisposable {
  const before = followed.get(library);
  if (before && !before.isDisposed) {
    return before;
  }
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const following = stream.listen('library', (message: IStreamMessage) => {
    if (!CHANGES.has(message.type)) {
      return;
    }
    clearTimeout(waiting);
    waiting = setTimeout(() => library.notify({ type: 'unknown' }), REST);
  });
  followed.set(library, following);
  return following;
}
