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

/** Have the library look again when it changed in another page, device or program. */
export function followLibrary(
  stream: IQuantLabStream,
  library: IQuantLabLibrary
): IDisposable {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  return stream.listen('library', (message: IStreamMessage) => {
    if (message.type !== 'event' && message.type !== 'missed') {
      return;
    }
    clearTimeout(waiting);
    waiting = setTimeout(() => library.notify({ type: 'unknown' }), REST);
  });
}
