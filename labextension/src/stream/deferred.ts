/**
 * Stands for the stream until somebody listens.
 */
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IQuantLabStream, StreamListener, StreamState } from '../tokens';

/** Loads the client with the first listener. */
export class DeferredStream implements IQuantLabStream {
  constructor(private readonly _load: () => Promise<IQuantLabStream>) {}

  get state(): StreamState {
    return this._loaded?.state ?? 'off';
  }

  get stateChanged(): ISignal<this, StreamState> {
    return this._stateChanged;
  }

  listen(topic: string, listener: StreamListener): IDisposable {
    let listening: IDisposable | null = null;
    const handle = new DisposableDelegate(() => listening?.dispose());
    this._stream ??= this._load().then(stream => {
      this._loaded = stream;
      stream.stateChanged.connect((_, state) => this._stateChanged.emit(state));
      return stream;
    });
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

  private _loaded: IQuantLabStream | null = null;
  private readonly _stateChanged = new Signal<this, StreamState>(this);
  private _stream: Promise<IQuantLabStream> | null = null;
}
