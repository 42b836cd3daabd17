/**
 * A chart in a cell: the page's side of `quantlab_ext.widgets.chart.Chart`. Built to one file that needs nothing else,
 * so it runs wherever anywidgets do.
 */
import { onKey, viewKeys } from '../charts/keys';
import { inWords } from '../charts/summary';
import { ChartSurface } from '../charts/surface';
import { readColours } from '../charts/theme';
import type { ICellModel } from './content';
import { CellContent, trait, TRAITS } from './content';
import { drawLegend } from './legend';
import { words } from './words';

/** What says on the page that the theme changed, in JupyterLab, Notebook and VS Code. */
const THEME_MARKS = [
  'class',
  'style',
  'data-jp-theme-light',
  'data-jp-theme-name',
  'data-vscode-theme-id'
];

/** One view of a chart. */
class CellChart {
  constructor(
    el: HTMLElement,
    private readonly _model: ICellModel
  ) {
    this._content = new CellContent(_model);
    this._columns = trait(_model, 'columns');
    // Two nodes: the outer one reads the host's colours, the inner one names them as JupyterLab does.
    const outer = make('div', 'jp-QuantLab-CellChart');
    this._inner.append(this._legend, this._canvas, this._notes);
    outer.append(this._inner);
    el.append(outer);
    this._canvas.tabIndex = 0;
    // Not an image: the library puts a link into it.
    this._canvas.setAttribute('role', 'group');
    // A notebook's own keys would act on its cells.
    this._canvas.setAttribute('data-lm-suppress-shortcuts', 'true');
    this._canvas.addEventListener('keydown', this._onKeyDown);
    this._canvas.addEventListener('pointerdown', () =>
      this._canvas.focus({ preventScroll: true })
    );
    this._canvas.addEventListener('focus', () => this._takeWheel(true));
    this._canvas.addEventListener('blur', () => this._takeWheel(false));
    for (const name of TRAITS) {
      _model.on(`change:${name}`, this._onChange);
    }
    for (const node of [document.documentElement, document.body]) {
      this._themes.observe(node, { attributeFilter: THEME_MARKS });
    }
    this._sizes.observe(this._canvas);
    this._drawFrame();
  }

  dispose(): void {
    for (const name of TRAITS) {
      this._model.off(`change:${name}`, this._onChange);
    }
    cancelAnimationFrame(this._next);
    this._themes.disconnect();
    this._sizes.disconnect();
    this._surface?.dispose();
    this._surface = null;
  }

  /** The first time that there is room: before, the library would put all candles into a corner. */
  private _start(): void {
    this._sizes.disconnect();
    const surface = new ChartSurface(
      this._canvas,
      this._content,
      navigator.language
    );
    this._surface = surface;
    this._colours = this._readColours();
    surface.chart.applyOptions({ handleScroll: { vertTouchDrag: false } });
    this._takeWheel(false);
    surface.onPoint = index => {
      this._point = index;
      this._drawLegend();
    };
    surface.chart
      .timeScale()
      .subscribeVisibleLogicalRangeChange(() => this._describe());
    surface.draw();
    this._describe();
  }

  /** A page scrolls past a chart that nobody works with. */
  private _takeWheel(isTaken: boolean): void {
    this._surface?.chart.applyOptions({
      handleScroll: { mouseWheel: isTaken },
      handleScale: { mouseWheel: isTaken }
    });
  }

  private readonly _onChange = (): void => {
    // Several traits change at once: one drawing for all.
    cancelAnimationFrame(this._next);
    this._next = requestAnimationFrame(() => this._update());
  };

  private _update(): void {
    const columns = trait(this._model, 'columns');
    const isOther = columns !== this._columns;
    this._columns = columns;
    const added = isOther ? this._content.readBars() : 0;
    const isSame = this._content.readFigures();
    if (added === null) {
      this._point = null;
      this._surface?.draw();
    } else if (added > 0 && isSame) {
      this._point = this._point === null ? null : this._point + added;
      this._surface?.drawOlder(added);
    } else {
      this._surface?.redraw();
    }
    this._drawFrame();
  }

  private readonly _onTheme = (): void => {
    const colours = this._readColours();
    if (this._surface && colours !== this._colours) {
      this._colours = colours;
      this._surface.refreshTheme();
    }
  };

  private _readColours(): string {
    return JSON.stringify(readColours(this._canvas));
  }

  private _drawLegend(): void {
    drawLegend(this._legend, this._content, this._point, navigator.language);
  }

  /** What is around the picture. */
  private _drawFrame(): void {
    this._canvas.style.height = `${trait(this._model, 'height')}px`;
    this._notes.replaceChildren(
      ...trait(this._model, 'notes').map(note => {
        const item = make('li', 'jp-QuantLab-CellChart-note');
        item.textContent = note;
        return item;
      })
    );
    this._drawLegend();
    this._describe();
  }

  private _describe(): void {
    const visible = this._surface?.visible ?? null;
    this._canvas.setAttribute(
      'aria-label',
      inWords(this._content, visible, navigator.language, words) ||
        words.__('Chart')
    );
  }

  private readonly _onKeyDown = (event: KeyboardEvent): void => {
    if (this._surface) {
      const showAll = (): void =>
        this._surface?.showLast(this._content.bars.time.length);
      onKey(event, viewKeys(this._surface, event, showAll));
    }
  };

  private readonly _inner = make('div', 'jp-QuantLab-CellChart-inner');
  private readonly _legend = make('div', 'jp-QuantLab-CellChart-legend');
  private readonly _canvas = make('div', 'jp-QuantLab-CellChart-canvas');
  private readonly _notes = make('ul', 'jp-QuantLab-CellChart-notes');
  private readonly _content: CellContent;
  private readonly _themes = new MutationObserver(() =>
    // The new theme's style sheet counts from the next frame on.
    requestAnimationFrame(this._onTheme)
  );
  private readonly _sizes = new ResizeObserver(([entry]) => {
    if (entry.contentRect.width > 0) {
      this._start();
    }
  });
  private _surface: ChartSurface | null = null;
  private _columns: unknown = null;
  private _colours = '';
  private _point: number | null = null;
  private _next = 0;
}

function make(tag: string, className: string): HTMLElement {
  const node = document.createElement(tag);
  node.className = className;
  return node;
}

/** What anywidget calls for each view; the answer is called when the view goes. */
function render({
  model,
  el
}: {
  model: ICellModel;
  el: HTMLElement;
}): () => void {
  const chart = new CellChart(el, model);
  return () => chart.dispose();
}

export default { render };
