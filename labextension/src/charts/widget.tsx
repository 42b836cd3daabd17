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

import { EmptyState, ErrorBox } from '../ui/states';
import { quantlabIcon } from '../ui/icons';
import { toCsv } from './bars';
import { CompareLegend } from './compareView';
import type { IMountedDrawings } from './drawings/mount';
import { mountDrawings } from './drawings/mount';
import { saveFile } from '../ui/files';
import { fileName } from './export';
import type { Timeframe } from './ids';
import { TIMEFRAMES } from './ids';
import { Legend } from './legend';
import type { ChartModel } from './model';
import { inWords } from './summary';
import { ChartSurface } from './surface';
import { monthsBefore } from './times';
import { mountTable } from './tableView';
import { ChartToolbar } from './toolbar';

import '../../style/ui.css';
import '../../style/charts.css';

export interface IChartWidgetOptions {
  model: ChartModel;
  trans: TranslationBundle;
  locale: string;
  commands: CommandRegistry;
  themes: IThemeManager | null;
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
    const { model, themes } = _options;
    this._toolbar.className = 'jp-QuantLab-Chart-top';
    this._canvas.className = 'jp-QuantLab-Chart-canvas';
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
    model.changed.connect(this._onChanged, this);
    model.comparisons.changed.connect(this._onComparisons, this);
    themes?.themeChanged.connect(this._onTheme, this);
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

  get drawings(): IMountedDrawings | null {
    return this._drawings;
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._options.themes?.themeChanged.disconnect(this._onTheme, this);
    clearTimeout(this._resting);
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

  /** Ask for another symbol and draw it over this one. */
  async compare(): Promise<void> {
    const symbol = await this._options.askSymbol(this.model);
    if (symbol !== null && !this.isDisposed) {
      await this.model.comparisons.add(symbol);
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
    this._surface?.picture().toBlob(blob => {
      if (blob) {
        saveFile(fileName(this.model.page ?? this.model.state, 'png'), blob);
      }
    });
  }

  /** Save the loaded bars as CSV. */
  saveCsv(): void {
    const csv = new Blob([toCsv(this.model.bars)], { type: 'text/csv' });
    saveFile(fileName(this.model.page ?? this.model.state, 'csv'), csv);
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

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this._canvas.focus();
  }

  private _onChanged(model: ChartModel, what: string): void {
    const surface = this._surface;
    if (!surface) {
      return;
    }
    if (what === 'bars') {
      this._point = null;
      surface.draw();
      this._count = model.bars.time.length;
    } else if (what === 'older') {
      surface.drawOlder(model.bars.time.length - this._count);
      this._count = model.bars.time.length;
    } else if (what !== 'status' && what !== 'drawings') {
      surface.redraw();
    }
    if (what !== 'older') {
      this._stateChanged.emit();
    }
    const { symbol, timeframe } = model.state;
    this.title.label = `${symbol.replace(/^[^:]*:/, '')} ${timeframe}`;
    this._describe();
    this._render();
  }

  private _onComparisons(): void {
    this._surface?.redraw();
    this._render();
  }

  private _onTheme(): void {
    // The new theme's style sheet is read once it is applied.
    requestAnimationFrame(() => this._surface?.refreshTheme());
  }

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
        onRange={months => void this._showMonths(months)}
        hasTable={this._table !== null}
        onTable={() => this.toggleTable()}
        commands={this._options.commands}
      />
    );
    this._renderLegend();
    over.render(this._state());
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
      <>
        <Legend
          model={this.model}
          index={this._point}
          locale={locale}
          trans={trans}
        />
        <CompareLegend
          model={this.model}
          index={this._point}
          locale={locale}
          trans={trans}
          colour={symbol => this._surface?.comparisonColour(symbol) ?? ''}
        />
      </>
    );
  }

  private _state(): JSX.Element | null {
    const { model } = this;
    const { trans } = this._options;
    const another = {
      label: trans.__('Choose another symbol'),
      onClick: () => void this.search(),
      primary: true
    };
    switch (model.status) {
      case 'loading':
        return (
          <p className="jp-QuantLab-Chart-loading" role="status">
            {trans.__('Loading %1…', model.state.symbol)}
          </p>
        );
      case 'empty':
        return (
          <EmptyState
            icon={quantlabIcon}
            title={trans.__('No bars')}
            text={trans.__(
              '%1 has no prices in this timeframe.',
              model.state.symbol
            )}
            actions={[another]}
          />
        );
      case 'error':
        return (
          <ErrorBox
            error={model.error}
            trans={trans}
            onRetry={() => void model.load()}
            actions={[another]}
          />
        );
      default:
        return null;
    }
  }

  /** Show the last months; 0: since the first of January; null: everything that is loaded. */
  private async _showMonths(months: number | null): Promise<void> {
    const { model } = this;
    const { time } = model.bars;
    if (time.length === 0) {
      return;
    }
    const last = time[time.length - 1];
    const year = Date.UTC(new Date(last).getUTCFullYear(), 0, 1);
    const since =
      months === null ? null : months === 0 ? year : monthsBefore(last, months);
    const { page } = model;
    await model.loadSince(since);
    // Something else may be shown by now.
    if (this.isDisposed || page?.symbol !== model.page?.symbol) {
      return;
    }
    const show = (): void => {
      if (since === null) {
        this._surface?.showLast(model.bars.time.length);
      } else {
        this._surface?.showSince(since);
      }
    };
    show();
    // Other prices may need a wider scale, which takes its room from the bars once it is drawn.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (!this.isDisposed && page?.symbol === model.page?.symbol) {
          show();
        }
      })
    );
  }

  private readonly _onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || !this._surface) {
      return;
    }
    const surface = this._surface;
    const timeframes = (this.model.instrument?.timeframes ??
      TIMEFRAMES) as readonly Timeframe[];
    const acts: Record<string, () => void> = {
      ArrowLeft: () => surface.pan(event.shiftKey ? -50 : -5),
      ArrowRight: () => surface.pan(event.shiftKey ? 50 : 5),
      ArrowUp: () => surface.zoom(0.8),
      ArrowDown: () => surface.zoom(1.25),
      '+': () => surface.zoom(0.8),
      '-': () => surface.zoom(1.25),
      Home: () => void this._showMonths(null),
      End: () => surface.chart.timeScale().scrollToRealTime(),
      '/': () => void this.search(),
      t: () => this.toggleTable()
    };
    const digit = Number(event.key);
    const act =
      acts[event.key] ??
      (digit >= 1 && digit <= timeframes.length
        ? () => void this.model.set({ timeframe: timeframes[digit - 1] })
        : undefined);
    if (act) {
      act();
      event.preventDefault();
      event.stopPropagation();
    }
  };

  private readonly _area = document.createElement('div');
  private readonly _toolbar = document.createElement('div');
  private readonly _canvas = document.createElement('div');
  private readonly _legend = document.createElement('div');
  private readonly _over = document.createElement('div');
  private _roots: Root[] = [];
  private readonly _tableNode = document.createElement('div');
  private _table: IDisposable | null = null;
  private _surface: ChartSurface | null = null;
  private _drawings: IMountedDrawings | null = null;
  private _point: number | null = null;
  private _count = 0;
  private _resting: ReturnType<typeof setTimeout> | undefined;
  private readonly _stateChanged = new Signal<this, void>(this);
}
