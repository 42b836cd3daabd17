/**
 * A Python workflow's figures beside its editor: runs the text of the editor in a kernel of its own.
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import { OutputAreaModel, SimplifiedOutputArea } from '@jupyterlab/outputarea';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { ServiceManager } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { runIcon, stopIcon, ToolbarButton } from '@jupyterlab/ui-components';
import { Signal } from '@lumino/signaling';
import { Panel, Widget } from '@lumino/widgets';

import '../../style/documents.css';

export interface IPythonRunnerOptions {
  app: JupyterFrontEnd;
  editor: IDocumentWidget;
  rendermime: IRenderMimeRegistry;
  trans: TranslationBundle;
}

/** The panel with a script's output. */
export class PythonRunner extends MainAreaWidget<Panel> {
  constructor(private readonly _options: IPythonRunnerOptions) {
    super({ content: new Panel() });
    const { editor, rendermime, trans } = _options;
    this.id = `quantlab-output-${editor.id}`;
    this.addClass('jp-QuantLab-Output');
    this.title.closable = true;
    this._status.addClass('jp-QuantLab-Output-status');
    this._status.node.setAttribute('role', 'status');
    this.toolbar.addItem(
      'run',
      new ToolbarButton({
        icon: runIcon,
        label: trans.__('Run again'),
        tooltip: trans.__('Run the script from the start'),
        onClick: () => void this.run()
      })
    );
    this.toolbar.addItem(
      'stop',
      new ToolbarButton({
        icon: stopIcon,
        label: trans.__('Stop'),
        tooltip: trans.__('Interrupt the kernel'),
        onClick: () => void this.stop()
      })
    );
    this.toolbar.addItem('status', this._status);
    this._area = new SimplifiedOutputArea({
      model: new OutputAreaModel({ trusted: true }),
      rendermime
    });
    this.content.addWidget(this._area);
    editor.disposed.connect(() => this.dispose());
    editor.context.pathChanged.connect(() => this._retitle());
    this._retitle();
  }

  /** A run ended; true when it went through without an error. */
  readonly ran = new Signal<this, boolean>(this);

  get isRunning(): boolean {
    return this._isRunning;
  }

  /** Shows the panel beside the editor. */
  showBeside(): void {
    if (!this.isAttached) {
      this._options.app.shell.add(this, 'main', {
        ref: this._options.editor.id,
        mode: 'split-right',
        activate: false
      });
    }
  }

  /** Runs the editor's text. Resolves with whether it went through. Never rejects. */
  async run(): Promise<boolean> {
    if (this._isRunning) {
      return false;
    }
    const { trans, editor } = this._options;
    this._isRunning = true;
    this._say(trans.__('Starting…'));
    let isFine = false;
    try {
      const session = editor.context.sessionContext;
      await this._kernel();
      this._say(trans.__('Running…'));
      const reply = await SimplifiedOutputArea.execute(
        editor.context.model.toString(),
        this._area,
        session
      );
      isFine = reply?.content.status === 'ok';
      this._say(isFine ? trans.__('Done') : trans.__('Stopped by an error'));
    } catch (error) {
      this._say(
        trans.__(
          'Not run: %1',
          error instanceof Error ? error.message : String(error)
        )
      );
    } finally {
      this._isRunning = false;
    }
    if (!this.isDisposed) {
      this.ran.emit(isFine);
    }
    return isFine;
  }

  /** Interrupts the kernel. */
  async stop(): Promise<void> {
    await this._options.editor.context.sessionContext.session?.kernel?.interrupt();
  }

  private async _kernel(): Promise<void> {
    const { app, editor } = this._options;
    const session = editor.context.sessionContext;
    await session.ready;
    if (!session.session?.kernel) {
      await session.changeKernel({
        name: await pythonKernel(app.serviceManager)
      });
    }
    await session.session?.kernel?.info;
  }

  private _retitle(): void {
    const { editor, trans } = this._options;
    const name = editor.context.localPath.split('/').pop() ?? '';
    this.title.label = trans.__('Output of %1', name);
    this.content.node.setAttribute('aria-label', this.title.label);
    this.content.node.setAttribute('role', 'region');
  }

  private _say(text: string): void {
    this._status.node.textContent = text;
  }

  private readonly _area: SimplifiedOutputArea;
  private readonly _status = new Widget();
  private _isRunning = false;
}

/** A kernel that speaks Python: the default one where it does. */
async function pythonKernel(
  services: ServiceManager.IManager
): Promise<string> {
  await services.kernelspecs.ready;
  const { specs } = services.kernelspecs;
  const known = specs?.kernelspecs ?? {};
  const isPython = (name: string) => known[name]?.language === 'python';
  const first = Object.keys(known).find(isPython);
  const chosen =
    specs && isPython(specs.default) ? specs.default : (first ?? null);
  if (chosen === null) {
    throw new Error('No Python kernel is installed.');
  }
  return chosen;
}
