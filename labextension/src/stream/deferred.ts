/**
 * Stands for the stream until somebody listens.
 */
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';

import type { IQuantLabStream, StreamListener } from '../tokens';

/** Loads the client with the first listener. */
export class DeferredStream implements IQuantLabStream {
  constructor(private readonly _load: () => Promise<IQuantLabStream>) {}

  listen(topic: string, listener: StreamListener): IDisposable {
    let listening: IDisposable | null = null;
    const handle = new DisposableDelegate(() => listening?.dispose());
    this._stream ??= this._load();
    this._stream.then(
      stream => {
        if (!handle.isDisposed) {
          listening = stream.listen(topic, listener);
        }
      },
      reason => {
        // The page was opened before an update took its files away: what is not told is still asked for.
        this._stream = null;
        console.warn('QuantLab: the stream could not be loaded', reason);
      }
    );
    return handle;
  }

  private _stream: Promise<IQuantLabStream> | null = null;
}
