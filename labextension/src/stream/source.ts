/**
 * Where the messages of one person come from: a connection of this page's own, or one that its browser shares.
 */
import type { IDisposable } from '@lumino/disposable';

import type { IStreamMessage, StreamState } from '../tokens';

/** Brings what is wanted until it is disposed. */
export interface IStreamSource extends IDisposable {
  /** Bring the messages of these topics, and of no others. */
  want(topics: Iterable<string>): void;
}

/** Who is told by a source. */
export interface IStreamEar {
  /** A message about a topic; perhaps of one that this page has not asked for. */
  hear(message: IStreamMessage): void;
  /** The connection is in another state than before, whichever page holds it. */
  enter(state: StreamState): void;
}
