/**
 * Holds the place of a widget in an output until the widget manager is there.
 */
import type { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Panel } from '@lumino/widgets';

/** The output type that ipywidgets shows itself with. */
export const WIDGET_MIME_TYPE = 'application/vnd.jupyter.widget-view+json';

/**
 * Renders nothing itself: once `ready` resolves it gives its place to the real renderer.
 */
export class WidgetPlaceholder extends Panel implements IRenderMime.IRenderer {
  constructor(options: WidgetPlaceholder.IOptions) {
    super();
    this._options = options;
    this.addClass('jp-QuantLab-widgetPlaceholder');
  }

  /** Resolves at once: a notebook's other outputs do not wait for the widget manager. */
  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this._model = model;
    this.node.textContent = this._options.waiting;
    if (!this._started) {
      this._started = true;
      void this._options.ready.then(() => this._replace(), console.error);
    }
    return Promise.resolve();
  }

  private async _replace(): Promise<void> {
    if (this.isDisposed || !this._model) {
      return;
    }
    const renderer = this._real();
    const parent = this.parent;
    // The widget manager looks for its renderers among the direct children of an output.
    if (parent instanceof Panel) {
      const index = parent.widgets.indexOf(this);
      parent.insertWidget(index, renderer);
      for (const name of this.node.classList) {
        if (name.startsWith('jp-OutputArea')) {
          renderer.addClass(name);
        }
      }
      const model = this._model;
      this.dispose();
      await renderer.renderModel(model);
    } else {
      this.node.textContent = '';
      this.addWidget(renderer);
      await renderer.renderModel(this._model);
    }
  }

  /** By the document's own registry if the manager has been there already, else by the page's. */
  private _real(): IRenderMime.IRenderer {
    const own = this._options.registryOf(this.node);
    if (own) {
      const renderer = own.createRenderer(WIDGET_MIME_TYPE);
      if (!(renderer instanceof WidgetPlaceholder)) {
        return renderer;
      }
      renderer.dispose();
    }
    return this._options.registry.createRenderer(WIDGET_MIME_TYPE);
  }

  private readonly _options: WidgetPlaceholder.IOptions;
  private _model: IRenderMime.IMimeModel | null = null;
  private _started = false;
}

export namespace WidgetPlaceholder {
  export interface IOptions {
    /** Resolves when the widget manager has registered itself. */
    ready: Promise<void>;
    /** The page's registry. */
    registry: IRenderMimeRegistry;
    /** The registry of the document that a node is in. */
    registryOf: (node: HTMLElement) => IRenderMimeRegistry | null;
    /** Text shown meanwhile. */
    waiting: string;
  }
}
