/**
 * When an edited document is sent: after a short quiet period, at the latest
 * after a longer one while somebody keeps typing, once at a time, with
 * back-off while the server is out of reach.
 */

/** Time as the scheduler sees it; tests bring their own. */
export interface IClock {
  now(): number;
  setTimeout(callback: () => void, delay: number): number;
  clearTimeout(handle: number): void;
}

/** What one sending came to. */
export type SendOutcome =
  /** The server has it. */
  | 'done'
  /** Out of reach or overloaded: try again by itself. */
  | 'retry'
  /** Trying again by itself is of no use; the next edit tries again. */
  | 'stop';

export interface ISchedulerOptions {
  /** Sends the current content. Must not reject. */
  send: () => Promise<SendOutcome>;
  /** Milliseconds without an edit before sending. */
  quiet?: number;
  /** Milliseconds after the first unsent edit at which it is sent anyway. */
  longest?: number;
  /** Longest pause between two tries, milliseconds. */
  maxBackoff?: number;
  clock?: IClock;
}

const systemClock: IClock = {
  now: () => Date.now(),
  setTimeout: (callback, delay) => window.setTimeout(callback, delay),
  clearTimeout: handle => window.clearTimeout(handle)
};

/** Decides when the draft of one document is sent. */
export class DraftScheduler {
  constructor(options: ISchedulerOptions) {
    this._send = options.send;
    this._quiet = options.quiet ?? 1000;
    this._longest = options.longest ?? 6000;
    this._maxBackoff = options.maxBackoff ?? 30000;
    this._clock = options.clock ?? systemClock;
  }

  /** Whether an edit waits to be sent or is being sent. */
  get isPending(): boolean {
    return this._firstEdit !== null || this._sending !== null;
  }

  /** How often in a row the server was out of reach. */
  get failures(): number {
    return this._failures;
  }

  /** Notes an edit. */
  edited(): void {
    if (this._disposed) {
      return;
    }
    const now = this._clock.now();
    this._firstEdit ??= now;
    if (this._paused || this._sending || this._failures > 0) {
      return;
    }
    const latest = this._firstEdit + this._longest;
    this._arm(Math.max(0, Math.min(this._quiet, latest - now)));
  }

  /** Sends what waits now; resolves when nothing is under way any more. */
  async flush(): Promise<void> {
    while (this._sending) {
      await this._sending;
    }
    if (this._firstEdit !== null && !this._paused && !this._disposed) {
      this._disarm();
      await this._run();
    }
  }

  /** Tries at once after failures, as when the connection is back. */
  retryNow(): void {
    if (this._failures > 0 && !this._sending && !this._paused) {
      this._disarm();
      void this._run();
    }
  }

  /** Holds everything back, as in a conflict. */
  pause(): void {
    this._paused = true;
    this._disarm();
  }

  /** Goes on; what was edited meanwhile is sent after the quiet period. */
  resume(): void {
    if (!this._paused) {
      return;
    }
    this._paused = false;
    this._failures = 0;
    if (this._firstEdit !== null && !this._sending) {
      this._arm(this._quiet);
    }
  }

  /** Forgets what waits: the content reached the server another way. */
  settled(): void {
    this._firstEdit = null;
    this._failures = 0;
    this._disarm();
  }

  dispose(): void {
    this._disposed = true;
    this._disarm();
  }

  private async _run(): Promise<void> {
    const since = this._firstEdit;
    this._firstEdit = null;
    let outcome: SendOutcome = 'retry';
    const sending = this._send().then(result => {
      outcome = result;
    });
    this._sending = sending;
    try {
      await sending;
    } finally {
      this._sending = null;
    }
    if (this._disposed) {
      return;
    }
    if ((outcome as SendOutcome) === 'retry') {
      this._failures += 1;
      this._firstEdit ??= since ?? this._clock.now();
      const delay = 1000 * 2 ** (this._failures - 1);
      this._arm(Math.min(this._maxBackoff, delay));
      return;
    }
    this._failures = 0;
    if (this._firstEdit !== null) {
      this._arm(this._quiet);
    }
  }

  private _arm(delay: number): void {
    this._disarm();
    if (this._paused || this._disposed) {
      return;
    }
    this._timer = this._clock.setTimeout(() => {
      this._timer = null;
      if (!this._sending) {
        void this._run();
      }
    }, delay);
  }

  private _disarm(): void {
    if (this._timer !== null) {
      this._clock.clearTimeout(this._timer);
      this._timer = null;
    }
  }

  private readonly _send: () => Promise<SendOutcome>;
  private readonly _quiet: number;
  private readonly _longest: number;
  private readonly _maxBackoff: number;
  private readonly _clock: IClock;
  private _firstEdit: number | null = null;
  private _sending: Promise<void> | null = null;
  private _timer: number | null = null;
  private _failures = 0;
  private _paused = false;
  private _disposed = false;
}
