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
    if (message.type !== 'event' && message.type !== 'missed') {
      return;
    }
    clearTimeout(waiting);
    waiting = setTimeout(() => library.notify({ type: 'unknown' }), REST);
  });
  followed.set(library, following);
  return following;
}
