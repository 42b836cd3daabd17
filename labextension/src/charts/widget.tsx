/**
 * A chart in the main area: toolbar, read-out, picture, and what it says when there is nothing to draw.
 */
import type { IThemeManager } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { IDisposable } from '@lumino/disposable';
import type { Message } from '@lumino/messaging';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import * as React from 'react';
import type { Root } from 'react-dom/client';
import { createRoot } from 'react-dom/client';

import type { IQuantLabStream } from '../tokens';
import { toCsv } from './bars';
import type { IMountedDrawings } from './drawings/mount';
import { mountDrawings } from './drawings/mount';
import { saveFile } from '../ui/files';
import { fileName, headingOf, withHeading } from './export';
import { Following } from './following';
import { keepFocus, pressed } from './keys';
import type { ChartModel, IMarketClient } from './model';
import { Placeholder } from './placeholder';
import { ReadOut } from './readout';
import { inWords } from './summary';
import { ChartSurface } from './surface';
import { mountTable } from './tableView';
import { readColours } from './theme';
import { ChartToolbar } from './toolbar';
import { afterFrame } from './urgency';
import type { IViewRange } from './view';
import { ChartView } from './view';

import '../../style/ui.css';
import '../../style/charts.css';

export interface IChartWidgetOptions {
  model: ChartModel;
  trans: TranslationBundle;
  locale: string;
  commands: CommandRegistry;
  themes: IThemeManager | null;
  /** Live prices: the stream, and who is asked for what it does not tell; null: none. */
  live: { stream: IQuantLabStream; client: IMarketClient } | null;
  /** What is to be in sight first; null: the newest bars. */
  range?: IViewRange | null;
  /** Take the chart out of its layout; answers null where that cannot be. Left out: it is in none. */
  remover?: () => (() => void) | null;
  /** Ask for a symbol; null: the person thought better of it. */
  askSymbol: (model: ChartModel) => Promise<string | null>;
}

/** A view that has not moved for so long rests. Milliseconds. */
const REST = 200;

/** One chart. */
export class ChartWidget extends Widget {
  constructor(private readonly _options: IChartWidgetOptions) {
    super();
    this.addClass('jp-QuantLab-Chart');
    const { model, themes, live } = _options;
    this._range = _options.range ?? null;
    this._following = live && new Following(model, live.client, live.stream);
    this._following?.changed.connect(() => this._renderLegend());
    this._toolbar.className = 'jp-QuantLab-Chart-top';
    this._canvas.className = 'jp-QuantLab-Chart-canvas';
    // Rules of the page's style sheets need not be tried on each of the library's elements.
    this._canvas.attachShadow({ mode: 'open' });
    this._canvas.tabIndex = 0;
    // Not an image: the library puts a link into it.
    this._canvas.setAttribute('role', 'group');
    this._over.className = 'jp-QuantLab-Chart-over';
    this._legend.className = 'jp-QuantLab-Chart-legend';
    this._area.className = 'jp-QuantLab-Chart-area';
    this._area.append(this._canvas, this._legend, this._over);
    this._tableNode.className = 'jp-QuantLab-Chart-table';
    this.node.append(this._toolbar, this._area, this._tableNode);
    this._canvas.addEventListener('keydown', this._onKeyDown);
    this._area.addEventListener('click', () => keepFocus(this._canvas));
    // After the library has let the border between two panes go.
    this._canvas.addEventListener('pointerup', () =>
      requestAnimationFrame(() => this._keepHeights())
    );
    for (const touch of ['pointerdown', 'wheel', 'keydown']) {
      this.node.addEventListener(
        touch,
        () => {
          this._isTouched = true;
        },
        { capture: true, passive: true }
      );
    }
    model.changed.connect(this._onChanged, this);
    model.comparisons.changed.connect(this._onComparisons, this);
    themes?.themeChanged.connect(this.refreshTheme, this);
  }

  get model(): ChartModel {
    return this._options.model;
  }

  /** What the chart shows changed in a way that is worth keeping. */
  get stateChanged(): ISignal<this, void> {
    return this._stateChanged;
  }

  get surface(): ChartSurface | null {
    return this._surface;
  }

  /** Which bars are in sight; null before the chart is on the page. */
  get view(): ChartView | null {
    return this._view;
  }

  /** Somebody moved the bars, and they have come to rest. */
  get viewChanged(): ISignal<this, void> {
    return this._viewChanged;
  }

  get drawings(): IMountedDrawings | null {
    return this._drawings;
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._options.themes?.themeChanged.disconnect(this.refreshTheme, this);
    clearTimeout(this._resting);
    this._finishing?.dispose();
    cancelAnimationFrame(this._frame);
    cancelAnimationFrame(this._theming);
    this._following?.dispose();
    this._view?.dispose();
    this._drawings?.dispose();
    this._table?.dispose();
    this._surface?.dispose();
    for (const root of this._roots) {
      root.unmount();
    }
    this.model.dispose();
    super.dispose();
  }

  /** Ask for another symbol and show it. */
  async search(): Promise<void> {
    const symbol = await this._options.askSymbol(this.model);
    if (symbol !== null && !this.isDisposed) {
      await this.model.set({ symbol });
    }
    this._canvas.focus();
  }

  /** Ask for another symbol and draw it over this one, perhaps in the place of one that is compared. */
  async compare(instead: string | null = null): Promise<void> {
    const symbol = await this._options.askSymbol(this.model);
    const { comparisons } = this.model;
    if (symbol !== null && !this.isDisposed) {
      await (instead === null
        ? comparisons.add(symbol)
        : comparisons.exchange(instead, symbol));
    }
    this._canvas.focus();
  }

  /** Show the bars in sight as a table below the chart, or close it. */
  toggleTable(): void {
    if (this._table) {
      this._table.dispose();
      this._table = null;
      this._canvas.focus();
    } else if (this._surface) {
      const { trans, locale } = this._options;
      this._table = mountTable(this._tableNode, {
        model: this.model,
        surface: this._surface,
        trans,
        locale,
        onClose: () => this.toggleTable()
      });
    }
    this._render();
  }

  /** Save the picture as PNG. */
  saveScreenshot(): void {
    this._picture()?.toBlob(blob => {
      if (blob) {
        saveFile(fileName(this.model.page ?? this.model.state, 'png'), blob);
      }
    });
  }

  /** Save the loaded bars as CSV. */
  saveCsv(): void {
    const csv = new Blob([toCsv(this.model.bars, this.model.zone)], {
      type: 'text/csv'
    });
    saveFile(fileName(this.model.page ?? this.model.state, 'csv'), csv);
  }

  /** The chart with what has to be known of it, also where it is seen without the page. */
  private _picture(): HTMLCanvasElement | null {
    return (
      this._surface &&
      withHeading(
        this._surface.picture(),
        headingOf(this.model, this._following?.note ?? ''),
        readColours(this._canvas)
      )
    );
  }

  /** The theme where the chart is has changed. */
  refreshTheme(): void {
    cancelAnimationFrame(this._theming);
    // The new theme's style sheet is read once it is applied.
    this._theming = requestAnimationFrame(() => this._surface?.refreshTheme());
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    if (this._surface) {
      return;
    }
    this._surface = new ChartSurface(
      this._canvas,
      this.model,
      this._options.locale
    );
    this._view = new ChartView(this.model, this._surface);
    this._view.changed.connect(() => {
      // Where bars lie before anybody touched the chart is nobody's choice.
      if (this._isTouched) {
        this._viewChanged.emit();
      }
    });
    this._drawings = mountDrawings({
      area: this._area,
      canvas: this._canvas,
      surface: this._surface,
      chart: this.model,
      trans: this._options.trans,
      locale: this._options.locale
    });
    this._surface.onPoint = index => {
      this._point = index;
      this._renderLegend();
    };
    this._surface.chart
      .timeScale()
      .subscribeVisibleLogicalRangeChange(this._onRange);
    this._roots = [this._toolbar, this._legend, this._over].map(node =>
      createRoot(node)
    );
    this._render();
    void this.model.load();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._paintSoon();
  }

  protected override onUpdateRequest(): void {
    this._render();
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this._canvas.focus();
  }

  private _onChanged(model: ChartModel, what: string): void {
    const surface = this._surface;
    if (!surface) {
      return;
    }
    const { symbol, timeframe } = model.state;
    this.title.label = `${symbol.replace(/^[^:]*:/, '')} ${timeframe}`;
    if (what === 'newer') {
      this._newerFrom = Math.min(this._newerFrom, model.changedFrom);
      this._count = model.bars.time.length;
      this._paintSoon();
      return;
    }
    if (what === 'bars') {
      this._point = null;
      surface.draw();
      this._finishing ??= afterFrame(() => {
        this._drawings?.show();
        this._render();
      });
      this._count = model.bars.time.length;
      if (this._range && this._count > 0) {
        void this._view?.restore(this._range);
        this._range = null;
      }
    } else if (what === 'older') {
      const added = model.bars.time.length - this._count;
      // What is under the crosshair stays there.
      this._point = this._point === null ? null : this._point + added;
      surface.drawOlder(added);
      this._count = model.bars.time.length;
    } else if (what !== 'status' && what !== 'drawings') {
      surface.redraw();
    }
    if (what !== 'older') {
      this._stateChanged.emit();
    }
    this._describe();
    this._render();
  }

  /** Live prices come often: they are painted once for each frame, and not at all while nobody sees the chart. */
  private _paintSoon(): void {
    cancelAnimationFrame(this._frame);
    if (this.isVisible) {
      this._frame = requestAnimationFrame(() => this._paintNewer());
    }
  }

  private _paintNewer(): void {
    const from = this._newerFrom;
    this._newerFrom = Infinity;
    if (from !== Infinity) {
      this._surface?.drawNewer(from);
      this._describe();
    }
    this._render();
  }

  private _keepHeights(): void {
    const heights = this._surface?.heights;
    if (heights && !this.isDisposed && Object.keys(heights).length > 1) {
      const before = { main: 3, ...this.model.state.heights };
      const isSame = Object.entries(heights).every(
        ([pane, height]) =>
          // What a document holds may have more digits than what is read back.
          Math.abs(((before as Record<string, number>)[pane] ?? 1) - height) <
          0.001
      );
      if (!isSame) {
        void this.model.set({ heights: { ...before, ...heights } });
      }
    }
  }

  private _onComparisons(): void {
    this._surface?.redraw();
    this._render();
  }

  private readonly _setZone = (zone: string): void => {
    this.model.timezone = zone;
  };

  private readonly _onRange = (): void => {
    // Who listens to the sentence hears it when the view rests, and not for each of its frames.
    clearTimeout(this._resting);
    this._resting = setTimeout(() => this._describe(), REST);
  };

  private _describe(): void {
    const { locale, trans } = this._options;
    const words = inWords(
      this.model,
      this._surface?.visible ?? null,
      locale,
      trans
    );
    this._canvas.setAttribute('aria-label', words || trans.__('Chart'));
  }

  private _render(): void {
    const [toolbar, , over] = this._roots;
    const { trans } = this._options;
    if (!toolbar || this.isDisposed) {
      return;
    }
    toolbar.render(
      <ChartToolbar
        model={this.model}
        trans={trans}
        onSearch={() => void this.search()}
        onCompare={() => void this.compare()}
        onRange={months => void this._view?.showMonths(months)}
        isWhole={this._finishing?.isDisposed === true}
        hasTable={this._table !== null}
        onTable={() => this.toggleTable()}
        onZone={this._options.remover ? null : this._setZone}
        commands={this._options.commands}
      />
    );
    this._renderLegend();
    over.render(
      <Placeholder
        model={this.model}
        trans={trans}
        onSearch={() => void this.search()}
        onRemove={this._options.remover?.() ?? null}
      />
    );
    // Bars of what was shown before stay in sight until the others come, and look like it.
    this._canvas.classList.toggle(
      'jp-mod-loading',
      this.model.status === 'loading'
    );
  }

  /** What follows the pointer. */
  private _renderLegend(): void {
    const { trans, locale } = this._options;
    this._roots[1]?.render(
      <ReadOut
        model={this.model}
        surface={this._surface}
        following={this._following}
        index={this._point}
        locale={locale}
        trans={trans}
        onAnother={symbol => void this.compare(symbol)}
      />
    );
  }

  private readonly _onKeyDown = (event: KeyboardEvent): void =>
    pressed(event, this);

  private readonly _area = document.createElement('div');
  private readonly _toolbar = document.createElement('div');
  private readonly _canvas = document.createElement('div');
  private readonly _legend = document.createElement('div');
  private readonly _over = document.createElement('div');
  private _roots: Root[] = [];
  private readonly _tableNode = document.createElement('div');
  private _table: IDisposable | null = null;
  private _surface: ChartSurface | null = null;
  private _view: ChartView | null = null;
  /** What is to be in sight once there are bars. */
  private _range: IViewRange | null;
  private readonly _viewChanged = new Signal<this, void>(this);
  private _drawings: IMountedDrawings | null = null;
  private _point: number | null = null;
  private _count = 0;
  private _resting: ReturnType<typeof setTimeout> | undefined;
  private _finishing: IDisposable | null = null;
  private _isTouched = false;
  private _frame = 0;
  private _theming = 0;
  /** Bars from here on have not been painted as they are. */
  private _newerFrom = Infinity;
  private readonly _following: Following | null;
  private readonly _stateChanged = new Signal<this, void>(this);
}
