/**
 * While a notebook runs on opening, its new outputs are no edit: a run draws
 * the same pictures again, and that must not look like work to be saved. What
 * a person types meanwhile counts as ever.
 */
import { sourceKey } from './content';
import type { DocumentModel } from './model';

/** Between two looks at what changed. Milliseconds. */
const LOOK = 300;

/** The quiet time of one document. */
export class QuietRun {
  constructor(private readonly _model: DocumentModel) {}

  /** The run begins. */
  begin(): void {
    const content = this._model.port.read();
    this._key =
      content !== null && this._model.state === 'saved'
        ? sourceKey(content)
        : null;
  }

  /** The run is over. */
  end(): void {
    const key = this._key;
    this.stop();
    const content = this._model.port.read();
    if (key !== null && content !== null && sourceKey(content) === key) {
      this._model.acceptAsUnedited(content);
    } else {
      this._model.edited();
    }
  }

  /** Whether a change may be the run's; then it is looked at in a moment. */
  holds(): boolean {
    if (this._key === null) {
      return false;
    }
    this._timer ??= window.setTimeout(() => {
      this._timer = null;
      const content = this._model.port.read();
      if (
        this._key !== null &&
        (content === null || sourceKey(content) !== this._key)
      ) {
        this._key = null;
        this._model.edited();
      }
    }, LOOK);
    return true;
  }

  /** Every change counts again. */
  stop(): void {
    this._key = null;
    if (this._timer !== null) {
      window.clearTimeout(this._timer);
      this._timer = null;
    }
  }

  private _key: string | null = null;
  private _timer: number | null = null;
}
