/**
 * Brings one document's edits into this browser's store as soon as the page
 * has a moment, never two writes at once.
 */
import { UUID } from '@lumino/coreutils';

import type { ILocalDraft } from './localDrafts';
import { deleteLocalDraft, holdInstance, putLocalDraft } from './localDrafts';

/** At most this long after an edit, even when the page is busy. Milliseconds. */
const LATEST = 250;

/** What is kept of an edit, besides who wrote it and when. */
export type KeptEdit = Pick<
  ILocalDraft,
  'baseVersion' | 'draftRevision' | 'content'
> & {
  /** Where this browser keeps edits of the document. */
  scope: string;
};

/** Writes the edit that `read` gives, last edit wins. */
export class LocalWriter {
  /** @param read - the edit to keep now; null: nothing to keep */
  constructor(private readonly _read: () => KeptEdit | null) {
    this._release = holdInstance(this._instance);
  }

  /** An edit happened. */
  schedule(): void {
    this._wanted = true;
    if (this._handle === null && this._writing === null) {
      // A large notebook takes a while to serialise: give the page a multiple of that between two writes.
      this._handle = window.setTimeout(
        () => {
          this._handle = null;
          void this.flush();
        },
        Math.min(2000, Math.max(LATEST / 5, this._cost * 10))
      );
    }
  }

  /** Writes what waits; resolves when the store has it. Never rejects: a full store is no reason to lose the draft. */
  async flush(): Promise<void> {
    while (this._writing) {
      await this._writing;
    }
    if (!this._wanted) {
      return;
    }
    this._cancel();
    this._wanted = false;
    const begin = performance.now();
    const edit = this._read();
    this._cost = performance.now() - begin;
    if (edit === null) {
      return;
    }
    const { scope, ...kept } = edit;
    const instance = this._instance;
    const key = `${scope}|${instance}`;
    this._key = key;
    const updatedAt = Date.now();
    await this._do(putLocalDraft({ key, instance, updatedAt, ...kept }));
  }

  /** The edit is safe on the server. */
  forget(): void {
    this._cancel();
    this._wanted = false;
    const key = this._key;
    this._key = null;
    if (key !== null) {
      const previous = this._writing ?? Promise.resolve();
      void this._do(previous.then(() => deleteLocalDraft(key)));
    }
  }

  dispose(): void {
    this._cancel();
    this._wanted = false;
    this._release();
  }

  private async _do(act: Promise<unknown>): Promise<void> {
    const writing = act.then(
      () => undefined,
      (reason: unknown) => {
        console.warn('QuantLab: this browser could not keep the edit.', reason);
      }
    );
    this._writing = writing;
    await writing;
    if (this._writing === writing) {
      this._writing = null;
      // An edit that came while this was written, or thrown away, has been waiting for it.
      if (this._wanted) {
        this.schedule();
      }
    }
  }

  private _cancel(): void {
    if (this._handle !== null) {
      window.clearTimeout(this._handle);
      this._handle = null;
    }
  }

  /** Tells this document from every other, other tabs included. */
  private readonly _instance = UUID.uuid4();
  private readonly _release: () => void;
  private _handle: number | null = null;
  private _writing: Promise<void> | null = null;
  private _wanted = false;
  private _key: string | null = null;
  private _cost = 0;
}
