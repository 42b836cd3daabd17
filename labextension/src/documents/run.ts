/**
 * Runs a notebook from top to bottom so that its pictures are current: cell by cell, so that what is stored stays
 * in sight until its own turn comes.
 */
import type { NotebookPanel } from '@jupyterlab/notebook';
import { runCell } from '@jupyterlab/notebook';
import type { ITranslator } from '@jupyterlab/translation';

/** How often, and how far apart in milliseconds, a kernel is asked to stop. */
const TRIES = 60;
const PAUSE = 1000;

/** How a run went. */
export interface IRunResult {
  outcome: 'done' | 'stopped' | 'failed' | 'no-kernel';
  /** Cells run, and all there are. */
  done: number;
  total: number;
}

/** A run that can be stopped. */
export class NotebookRun {
  constructor(
    private readonly _panel: NotebookPanel,
    private readonly _translator: ITranslator,
    private readonly _progress: (done: number, total: number) => void
  ) {}

  /** Runs all code cells that hold code. Never rejects. */
  async start(): Promise<IRunResult> {
    try {
      return await this._run();
    } finally {
      this._isOver = true;
    }
  }

  private async _run(): Promise<IRunResult> {
    const { content: notebook, sessionContext } = this._panel;
    await this._panel.revealed;
    await sessionContext.ready;
    const cells = notebook.widgets.filter(
      cell =>
        cell.model.type === 'code' &&
        cell.model.sharedModel.getSource().trim() !== ''
    );
    const total = cells.length;
    let done = 0;
    const result = (outcome: IRunResult['outcome']): IRunResult => ({
      outcome,
      done,
      total
    });
    const kernel = sessionContext.session?.kernel;
    if (!kernel) {
      return result('no-kernel');
    }
    // What is sent to a kernel that is still connecting runs without the page hearing of it.
    await kernel.info;
    this._progress(0, total);
    for (const cell of cells) {
      if (this._isStopped || this._panel.isDisposed) {
        return result('stopped');
      }
      if (cell.isDisposed) {
        continue;
      }
      // Not through the notebook's actions: they would take the keyboard from whoever is already typing.
      const isFine = await runCell({
        cell,
        notebook: notebook.model!,
        notebookConfig: notebook.notebookConfig,
        onCellExecuted: () => undefined,
        onCellExecutionScheduled: () => undefined,
        sessionContext,
        translator: this._translator
      }).catch(() => false);
      if (this._isStopped) {
        return result('stopped');
      }
      if (!isFine) {
        return result('failed');
      }
      done += 1;
      this._progress(done, total);
    }
    return result('done');
  }

  /** Interrupts the cell that runs and starts no other. */
  async stop(): Promise<void> {
    this._isStopped = true;
    // A kernel that is connecting or between two cells loses an interrupt, and the cell already sent would run to
    // its end: ask until it has stopped. Its status is no guide, a busy one can look idle right after connecting.
    for (let i = 0; i < TRIES && !this._isOver; i += 1) {
      const kernel = this._panel.sessionContext.session?.kernel;
      if (kernel?.connectionStatus === 'connected') {
        await kernel.interrupt();
      }
      await new Promise(resolve => window.setTimeout(resolve, PAUSE));
    }
  }

  private _isOver = false;
  private _isStopped = false;
}
