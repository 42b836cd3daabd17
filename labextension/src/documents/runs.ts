/**
 * What happens once a workflow is open: earlier edits are offered, a notebook or script runs again so that its
 * pictures are current. Nobody's code runs by another's hand: without the service's word there is a Run bar.
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';

import type { Trust } from '../api/models';
import { Banners } from './banner';
import { sourceKey } from './content';
import type { DocumentModel } from './model';
import type { OpenDocument } from './openDocument';

export interface IRunsOptions {
  app: JupyterFrontEnd;
  rendermime: IRenderMimeRegistry | null;
  translator: ITranslator;
  trans: TranslationBundle;
  /** The setting: workflows run when they are opened. */
  isAutoRun: () => boolean;
}

const BAR = 'run';

/** Runs documents, one run per document at a time. */
export class Runs {
  constructor(options: IRunsOptions) {
    this._options = options;
  }

  /** A workflow was opened from the library. */
  opened(document: OpenDocument): void {
    const { model } = document;
    if (!model || !this._options.isAutoRun()) {
      return;
    }
    if (model.trust?.auto_run) {
      void this.run(document);
    } else {
      this._offerRun(document, model.trust);
    }
  }

  /** Runs from the top, at the person's word or by the service's. */
  async run(document: OpenDocument): Promise<void> {
    const { model } = document;
    if (!model || this._running.has(document)) {
      return;
    }
    this._running.add(document);
    try {
      if (model.item.kind === 'notebook' && document.format === 'json') {
        await this._runNotebook(document, model);
      } else if (model.item.kind === 'python') {
        await this._runPython(document, model);
      }
    } finally {
      this._running.delete(document);
    }
  }

  banners(document: OpenDocument): Banners {
    let banners = this._banners.get(document);
    if (!banners) {
      banners = new Banners(document.widget);
      this._banners.set(document, banners);
    }
    return banners;
  }

  private async _runNotebook(
    document: OpenDocument,
    model: DocumentModel
  ): Promise<void> {
    const { NotebookRun } = await import('./run');
    const { trans, translator } = this._options;
    const banners = this.banners(document);
    const version = model.baseVersion;
    const before = sourceKey(model.port.read() ?? '');
    const run = new NotebookRun(
      document.widget as NotebookPanel,
      translator,
      (done, total) =>
        banners.show({
          id: BAR,
          text: trans.__(
            'Running again: cell %1 of %2',
            Math.min(done + 1, total),
            total
          ),
          progress: { value: done, max: Math.max(1, total) },
          actions: [{ label: trans.__('Stop'), act: () => run.stop() }]
        })
    );
    banners.show({
      id: BAR,
      text: trans.__('Waiting for a kernel…'),
      progress: { value: 0, max: 1 },
      actions: [{ label: trans.__('Stop'), act: () => run.stop() }]
    });
    model.quiet.begin();
    const result = await run.start();
    if (model.isDisposed) {
      return;
    }
    // The last outputs arrive with the kernel's idle message, right after the reply.
    await new Promise(resolve => window.setTimeout(resolve, 50));
    const isSame = sourceKey(model.port.read() ?? '') === before;
    model.quiet.end();
    banners.hide(BAR);
    if (result.outcome === 'done' && isSame) {
      await this._ran(model, version);
    } else if (result.outcome !== 'done') {
      this._sayOutcome(document, result);
    }
  }

  private async _runPython(
    document: OpenDocument,
    model: DocumentModel
  ): Promise<void> {
    const { rendermime, app, trans } = this._options;
    if (!rendermime) {
      return;
    }
    const { PythonRunner } = await import('./pythonRunner');
    let runner = this._runners.get(document.widget);
    if (!runner || runner.isDisposed) {
      runner = new PythonRunner({
        app,
        editor: document.widget,
        rendermime,
        trans
      });
      this._runners.set(document.widget, runner);
      runner.ran.connect((_, isFine) => {
        if (isFine && model.state === 'saved' && !model.isDisposed) {
          void this._ran(model, model.baseVersion);
        }
      });
    }
    runner.showBeside();
    await runner.run();
  }

  /** The person ran this version: the service remembers it. */
  private async _ran(model: DocumentModel, version: number): Promise<void> {
    try {
      await model.client.workflows.putTrust(model.item.id, {
        version,
        act: 'ran'
      });
    } catch (reason) {
      // Only the next opening is affected: it asks before it runs.
      console.warn('QuantLab: the run could not be noted.', reason);
    }
  }

  private _offerRun(document: OpenDocument, trust: Trust | null): void {
    const { trans } = this._options;
    const banners = this.banners(document);
    banners.show({
      id: BAR,
      text: whyNot(document, trust, trans),
      actions: [
        {
          label: trans.__('Run'),
          caption: trans.__('Run everything from the top'),
          isPrimary: true,
          act: () => {
            banners.hide(BAR);
            void this.run(document);
          }
        },
        { label: trans.__('Not now'), act: () => banners.hide(BAR) }
      ]
    });
  }

  private _sayOutcome(
    document: OpenDocument,
    result: { outcome: string; done: number; total: number }
  ): void {
    const { trans } = this._options;
    const banners = this.banners(document);
    const text =
      result.outcome === 'stopped'
        ? trans.__(
            'Stopped after %1 of %2 cells. Older pictures stay below.',
            result.done,
            result.total
          )
        : result.outcome === 'no-kernel'
          ? trans.__('Not run: no kernel. What is shown was stored earlier.')
          : trans.__(
              'Cell %1 of %2 ended with an error. Older pictures stay below it.',
              result.done + 1,
              result.total
            );
    banners.show({
      id: BAR,
      text,
      tone: 'warning',
      actions: [
        {
          label: trans.__('Run again'),
          act: () => {
            banners.hide(BAR);
            void this.run(document);
          }
        },
        { label: trans.__('Close'), act: () => banners.hide(BAR) }
      ]
    });
  }

  private readonly _options: IRunsOptions;
  private readonly _running = new Set<OpenDocument>();
  private readonly _banners = new WeakMap<OpenDocument, Banners>();
  private readonly _runners = new WeakMap<
    IDocumentWidget,
    InstanceType<typeof import('./pythonRunner').PythonRunner>
  >();
}

function whyNot(
  document: OpenDocument,
  trust: Trust | null,
  trans: TranslationBundle
): string {
  const owner = document.item.owner_name;
  switch (trust?.reason) {
    case 'imported':
      return trans.__('This workflow was imported. Run it?');
    case 'token_written':
      return trans.__('This workflow was changed by a program. Run it?');
    case 'edited_by_other':
      return owner
        ? trans.__('This workflow was changed by %1. Run it?', owner)
        : trans.__('This workflow was changed by someone else. Run it?');
    default:
      return owner
        ? trans.__(
            'This workflow is shared by %1 and you have not run it yet. Run it?',
            owner
          )
        : trans.__('You have not run this workflow yet. Run it?');
  }
}
