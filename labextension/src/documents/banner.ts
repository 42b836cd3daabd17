/**
 * The bar over a document that says something without standing in the way.
 */
import type { Panel } from '@lumino/widgets';
import { Widget } from '@lumino/widgets';

import '../../style/documents.css';

/** One button of a bar. */
export interface IBannerAction {
  label: string;
  /** More than the label says. */
  caption?: string;
  isPrimary?: boolean;
  act: () => void | Promise<void>;
}

/** What a bar shows. */
export interface IBannerContent {
  /** Bars of one kind replace each other. */
  id: string;
  text: string;
  tone?: 'info' | 'warning';
  actions: readonly IBannerAction[];
  /** Done and all; shown as a progress bar. */
  progress?: { value: number; max: number };
}

/** Share of the window that one bar takes at most; more is scrolled to. */
const MOST = 0.4;

/** A bar in a document's content header. */
export class Banner extends Widget {
  constructor(content: IBannerContent) {
    super({ node: document.createElement('section') });
    this.addClass('jp-QuantLab-Banner');
    this._text.className = 'jp-QuantLab-Banner-text';
    // Announced once, when the bar appears or says something new; progress is not.
    this._text.setAttribute('role', 'status');
    this._actions.className = 'jp-QuantLab-Banner-actions';
    this._progress.className = 'jp-QuantLab-Banner-progress';
    this.node.append(this._text, this._progress, this._actions);
    this.display(content);
  }

  /** Show something else in the same bar. */
  display(content: IBannerContent): void {
    this.node.dataset.banner = content.id;
    this.node.dataset.tone = content.tone ?? 'info';
    this.node.setAttribute('aria-label', content.text);
    if (this._text.textContent !== content.text) {
      this._text.textContent = content.text;
      this._text.title = content.text;
    }
    this._progress.hidden = content.progress === undefined;
    if (content.progress) {
      this._progress.max = content.progress.max;
      this._progress.value = content.progress.value;
      this._progress.setAttribute('aria-label', content.text);
    }
    const labels = content.actions.map(action => action.label).join('\n');
    if (labels !== this._labels) {
      this._labels = labels;
      this._actions.replaceChildren(...content.actions.map(button));
    }
    this._makeRoom();
  }

  protected override onResize(msg: Widget.ResizeMessage): void {
    super.onResize(msg);
    this._makeRoom();
  }

  /** The panel around it gives what its least height asks for: as much as text and buttons take in so many lines. */
  private _makeRoom(): void {
    const { node } = this;
    if (!this.isAttached) {
      return;
    }
    const { height, minHeight } = node.style;
    // The panel contains its parts' sizes, so that only what they scroll over says how high they would be.
    node.style.minHeight = '';
    node.style.height = '0';
    const borders = node.offsetHeight - node.clientHeight;
    const most = window.innerHeight * MOST;
    const least = `${Math.min(node.scrollHeight + borders, most)}px`;
    node.style.height = height;
    node.style.minHeight = least;
    if (least !== minHeight) {
      this.parent?.fit();
    }
  }

  private readonly _text = document.createElement('span');
  private readonly _actions = document.createElement('span');
  private readonly _progress = document.createElement('progress');
  private _labels = '';
}

function button(action: IBannerAction): HTMLButtonElement {
  const node = document.createElement('button');
  node.type = 'button';
  node.className = action.isPrimary
    ? 'jp-mod-styled jp-mod-accept jp-mod-small'
    : 'jp-mod-styled jp-mod-reject jp-mod-small';
  node.textContent = action.label;
  if (action.caption) {
    node.title = action.caption;
  }
  node.addEventListener('click', () => {
    node.disabled = true;
    Promise.resolve(action.act()).then(
      () => {
        node.disabled = false;
      },
      (reason: unknown) => {
        node.disabled = false;
        console.error(reason);
      }
    );
  });
  return node;
}

/** Shows, changes or takes away the bars of one document. */
export class Banners {
  /** @param _widget - a widget of the main area with room for bars above its content */
  constructor(private readonly _widget: Widget) {}

  show(content: IBannerContent): void {
    if (this._widget.isDisposed) {
      return;
    }
    const shown = this._shown.get(content.id);
    if (shown && !shown.isDisposed) {
      shown.display(content);
      return;
    }
    const banner = new Banner(content);
    this._shown.set(content.id, banner);
    const { contentHeader } = this._widget as { contentHeader?: Panel };
    contentHeader?.addWidget(banner);
  }

  hide(id: string): void {
    const shown = this._shown.get(id);
    this._shown.delete(id);
    if (shown && !shown.isDisposed) {
      // Keyboard users go back to the document, not to nowhere.
      const hadFocus = shown.node.contains(document.activeElement);
      shown.dispose();
      if (hadFocus && !this._widget.isDisposed) {
        this._widget.activate();
      }
    }
  }

  has(id: string): boolean {
    return this._shown.has(id);
  }

  private readonly _shown = new Map<string, Banner>();
}
