/**
 * A layout in the main area: charts in a grid below one toolbar.
 */
import type { IThemeManager } from '@jupyterlab/apputils';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { LayoutDocument } from '../api/models';
import { ChartModel } from '../charts/model';
import { preferredZone } from '../charts/preferred';
import { askSymbol } from '../charts/search';
import { ChartWidget } from '../charts/widget';
import { EXCHANGE } from '../charts/zones';
import type { IQuantLabStream } from '../tokens';
import {
  rangeOf,
  setLink,
  setLinked,
  stateOf,
  withRange,
  withState
} from './document';
import { addChart, arrange, extent, putBack, removeChart } from './grid';
import type { GridShape, LayoutTheme } from './ids';
import { Links } from './links';
import type { LayoutModel } from './model';
import type { LayoutChange } from './saving';
import type { ILayoutActs } from './toolbar';
import { LayoutToolbar } from './toolbar';

import '../../style/ui.css';
import '../../style/documents.css';
import '../../style/layouts.css';
import '../../style/themes.css';

/** Acts of the toolbar that are more than a change of the document. */
export type OuterActs = Pick<
  ILayoutActs,
  'save' | 'saveAs' | 'load' | 'menu' | 'settle' | 'setAutosave'
>;

export interface ILayoutWidgetOptions {
  model: LayoutModel;
  client: QuantLabClient;
  acts: OuterActs;
  trans: TranslationBundle;
  locale: string;
  commands: CommandRegistry;
  themes: IThemeManager | null;
  stream: IQuantLabStream | null;
}

/** How long a removal can be taken back from its message. Milliseconds. */
const UNDO = 10_000;

/** The charts of one layout. */
export class LayoutWidget extends Panel {
  constructor(private readonly _options: ILayoutWidgetOptions) {
    super();
    this.addClass('jp-QuantLab-Layout');
    const { model } = _options;
    this._active = model.document.charts[0].id ?? '';
    this._links = new Links(this._charts, () => model.document);
    this._toolbar = new ToolbarHolder(() => this._renderToolbar());
    this._grid.addClass('jp-QuantLab-Layout-grid');
    this.addWidget(this._toolbar);
    this.addWidget(this._grid);
    model.changed.connect(this._onChanged, this);
  }

  get model(): LayoutModel {
    return this._options.model;
  }

  /** The chart that the person is at. */
  get activeChart(): ChartWidget | null {
    return this._charts.get(this._active) ?? null;
  }

  /** Charts on the page by their ids. */
  get charts(): ReadonlyMap<string, ChartWidget> {
    return this._charts;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.model.dispose();
      super.dispose();
    }
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    // Charts draw once they are on the page.
    this._apply();
    void preferredZone(this._options.client).then(zone => {
      this._preferred = zone;
      this._look();
    });
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.activeChart?.activate();
  }

  /** Draw the charts as JupyterLab looks, or always in one theme. */
  setTheme(theme: LayoutTheme): void {
    const { model } = this;
    model.change({
      ...model.document,
      theme: theme === 'system' ? null : theme
    });
    this._look();
  }

  private _onChanged(_: LayoutModel, what: LayoutChange): void {
    if (what === 'replaced') {
      this._apply();
    }
    this._toolbar.update();
  }

  /** Make the page show the document. */
  private _apply(): void {
    if (!this.isAttached) {
      return;
    }
    const { document } = this.model;
    const ids = new Set(document.charts.map(chart => chart.id ?? ''));
    this._look();
    this._links.hold(() => {
      for (const [id, chart] of [...this._charts]) {
        if (!ids.has(id)) {
          this._charts.delete(id);
          chart.dispose();
        }
      }
      for (const chart of document.charts) {
        const id = chart.id ?? '';
        const there = this._charts.get(id);
        if (!there) {
          this._addChart(id, chart);
        } else if (withState(document, id, there.model.state) !== document) {
          void there.model.set(stateOf(chart));
        }
      }
    });
    if (!ids.has(this._active)) {
      this._active = document.charts[0].id ?? '';
    }
    this._place(document);
    this._toolbar.update();
  }

  /** Charts say their times, and are coloured, as the document has it. */
  private _look(): void {
    if (this.isDisposed) {
      return;
    }
    const theme = this.model.document.theme ?? 'system';
    const { dataset } = this._grid.node;
    const isOther = (dataset.quantlabTheme ?? 'system') !== theme;
    dataset.quantlabTheme = theme;
    for (const chart of this._charts.values()) {
      chart.model.timezone = this._zone;
      if (isOther) {
        chart.refreshTheme();
      }
    }
    this._toolbar.update();
  }

  private get _zone(): string {
    return this.model.document.timezone ?? this._preferred;
  }

  private _addChart(id: string, shown: LayoutDocument['charts'][number]): void {
    const { client, trans, locale, commands, themes, stream } = this._options;
    const chart = new ChartWidget({
      model: new ChartModel(client, stateOf(shown), this._zone),
      trans,
      locale,
      commands,
      themes,
      range: rangeOf(this.model.document, id),
      live: stream && { stream, client },
      remover: () =>
        this.model.document.charts.length > 1
          ? () => this._removing(removeChart(this.model.document, id))
          : null,
      askSymbol: model => askSymbol(client, model.state.symbol, trans)
    });
    chart.addClass('jp-QuantLab-Layout-cell');
    chart.node.setAttribute('role', 'group');
    chart.stateChanged.connect(() => {
      this._name(chart);
      if (this._charts.get(id) === chart) {
        const { model } = this;
        model.change(withState(model.document, id, chart.model.state));
      }
    });
    chart.viewChanged.connect(() => this._keepRanges());
    const activate = (): void => this._activate(id);
    chart.node.addEventListener('focusin', activate);
    chart.node.addEventListener('pointerdown', activate);
    chart.node.addEventListener('pointerenter', () => {
      this._links.lead = id;
    });
    this._charts.set(id, chart);
    this._grid.addWidget(chart);
    this._name(chart);
    this._links.add(id, chart);
  }

  /** What is in sight at this moment is in the document from now on; it is noted by itself a moment after each move. */
  keepView(): void {
    this._charts.forEach(({ view }) => view?.settle());
  }

  /** Note what all charts have in sight: one that was moved may have taken others with it. */
  private _keepRanges(): void {
    const { model } = this;
    model.change(
      [...this._charts].reduce((document, [id, { view }]) => {
        const range = view?.range;
        return range ? withRange(document, id, range) : document;
      }, model.document)
    );
  }

  private _name(chart: ChartWidget): void {
    const { symbol, timeframe } = chart.model.state;
    chart.node.setAttribute('aria-label', `${symbol} ${timeframe}`);
  }

  private _activate(id: string): void {
    this._links.lead = id;
    if (id !== this._active) {
      this._active = id;
      this._mark();
      this._toolbar.update();
    }
  }

  private _mark(): void {
    for (const [id, chart] of this._charts) {
      chart.toggleClass('jp-mod-active', id === this._active);
    }
  }

  private _place(document: LayoutDocument): void {
    const { grid } = document;
    const { rows, columns } = extent(document);
    const { style } = this._grid.node;
    style.setProperty('--jp-QuantLab-rows', tracks(grid?.heights, rows, 180));
    style.setProperty(
      '--jp-QuantLab-columns',
      tracks(grid?.widths, columns, 0)
    );
    this._grid.toggleClass('jp-mod-several', this._charts.size > 1);
    for (const [id, chart] of this._charts) {
      const cell = grid?.cells?.find(one => one.chart === id);
      chart.node.style.setProperty(
        '--jp-QuantLab-cell',
        cell
          ? `${cell.row + 1} / ${cell.column + 1} / span ${cell.rows ?? 1} / span ${cell.columns ?? 1}`
          : 'auto'
      );
      // The last one left offers other ways out.
      chart.update();
    }
    this._mark();
  }

  private _arrange(shape: GridShape): void {
    const { model } = this;
    this._removing(arrange(model.document, shape));
  }

  /** Show another document; charts that go with it can be had back for a while. */
  private _removing(document: LayoutDocument): void {
    const { model } = this;
    const { trans } = this._options;
    const before = model.document;
    const count = before.charts.filter(
      chart => !document.charts.some(one => one.id === chart.id)
    ).length;
    model.change(document, true);
    if (count > 0) {
      Notification.info(
        trans._n('%1 chart removed.', '%1 charts removed.', count),
        {
          autoClose: UNDO,
          actions: [
            {
              label: trans.__('Undo'),
              callback: () => {
                if (!this.isDisposed) {
                  model.change(putBack(model.document, before), true);
                }
              }
            }
          ]
        }
      );
    }
  }

  private _renderToolbar(): JSX.Element {
    const { model } = this;
    const { acts, trans } = this._options;
    const active = this._active;
    return (
      <LayoutToolbar
        model={model}
        active={active}
        zone={this._zone}
        trans={trans}
        acts={{
          ...acts,
          arrange: shape => this._arrange(shape),
          addChart: () => model.change(addChart(model.document, active), true),
          removeChart: () =>
            this._removing(removeChart(model.document, active)),
          setLink: (link, isOn) => {
            model.change(setLink(model.document, active, link, isOn));
            if (isOn) {
              this._links.align(active, link);
            }
          },
          setLinked: isLinked =>
            model.change(setLinked(model.document, active, isLinked)),
          setZone: timezone => {
            model.change({ ...model.document, timezone });
            this._look();
          }
        }}
      />
    );
  }

  private _active: string;
  /** The zone where the document names none. */
  private _preferred = EXCHANGE;
  private readonly _toolbar: ToolbarHolder;
  private readonly _grid = new Panel();
  private readonly _charts = new Map<string, ChartWidget>();
  private readonly _links: Links;
}

/** Draws the toolbar when it is told to. */
class ToolbarHolder extends ReactWidget {
  constructor(private readonly _draw: () => JSX.Element) {
    super();
  }

  protected override render(): JSX.Element {
    return this._draw();
  }
}

/** Sizes of rows or columns as CSS; shares are of the whole, none smaller than `least` pixels. */
function tracks(
  shares: readonly number[] | undefined,
  count: number,
  least: number
): string {
  return Array.from(
    { length: count },
    (_, at) => `minmax(${least}px, ${shares?.[at] ?? 1}fr)`
  ).join(' ');
}
