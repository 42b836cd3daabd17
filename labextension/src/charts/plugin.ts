/**
 * Charts: opened from the launcher, the menu or a command, kept over a reload.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import {
  Clipboard,
  ICommandPalette,
  IThemeManager,
  MainAreaWidget,
  Notification,
  WidgetTracker
} from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import {
  copyIcon,
  downloadIcon,
  imageIcon,
  searchIcon
} from '@jupyterlab/ui-components';
import type {
  ReadonlyJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';
import { UUID } from '@lumino/coreutils';

import type { QuantLabClient } from '../api/client';
import { CATEGORY, IQuantLabApi, IQuantLabStream } from '../tokens';
import { attempt } from '../ui/attempt';
import { quantlabIcon } from '../ui/icons';
import { asCell } from './export';
import { ChartCommandIDs } from './ids';
import type { IChartState } from './state';
import { readState } from './state';
import type { ChartWidget } from './widget';

const ID_PREFIX = 'jp-quantlab-chart-';

export const chartsPlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:charts',
  description: 'Charts of market data in the main area.',
  autoStart: true,
  requires: [IQuantLabApi],
  optional: [
    ITranslator,
    ICommandPalette,
    ILauncher,
    ILayoutRestorer,
    IThemeManager,
    IQuantLabStream
  ],
  activate: (
    app: JupyterFrontEnd,
    api: IQuantLabApi,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    themes: IThemeManager | null,
    stream: IQuantLabStream | null
  ): void => {
    const bundle = translator ?? nullTranslator;
    const trans = bundle.load('quantlab');
    const tracker = new WidgetTracker<MainAreaWidget<ChartWidget>>({
      namespace: 'quantlab-charts'
    });

    const open = async (
      args: ReadonlyPartialJSONObject
    ): Promise<MainAreaWidget<ChartWidget>> => {
      const id =
        typeof args.id === 'string' ? args.id : ID_PREFIX + UUID.uuid4();
      const there = tracker.find(widget => widget.id === id);
      if (there) {
        app.shell.activateById(id);
        return there;
      }
      const [{ ChartWidget }, { ChartModel }, { askSymbol }, state, zone] =
        await Promise.all([
          import('./widget'),
          import('./model'),
          import('./search'),
          // A chart that comes back after a reload knows what it showed.
          typeof args.id === 'string'
            ? readState(args)
            : newState(api.client, args),
          typeof args.timezone === 'string'
            ? args.timezone
            : import('./preferred').then(({ preferredZone }) =>
                preferredZone(api.client)
              )
        ]);
      const content = new ChartWidget({
        model: new ChartModel(api.client, state, zone),
        trans,
        locale: (bundle.languageCode || 'en').replace('_', '-'),
        commands: app.commands,
        themes,
        live: stream && { stream, client: api.client },
        askSymbol: model => askSymbol(api.client, model.state.symbol, trans)
      });
      const widget = new MainAreaWidget({ content });
      widget.id = id;
      widget.title.icon = quantlabIcon;
      widget.title.closable = true;
      widget.title.label = trans.__('Chart');
      widget.toolbar.hide();
      content.stateChanged.connect(() => {
        widget.title.label = content.title.label;
        void tracker.save(widget);
      });
      app.shell.add(widget, 'main');
      await tracker.add(widget);
      app.shell.activateById(id);
      return widget;
    };

    app.commands.addCommand(ChartCommandIDs.open, {
      label: args =>
        args.isLauncher ? trans.__('Chart') : trans.__('New Chart'),
      caption: trans.__('Open a chart of market data'),
      icon: quantlabIcon,
      describedBy: { args: OPEN_ARGS },
      execute: args =>
        attempt(trans, async () => {
          await open(args);
        })
    });
    // A layout in front has its own chart in hand.
    const current = (): ChartWidget | null => {
      const shown = app.shell.currentWidget as {
        content?: { activeChart?: ChartWidget | null };
      } | null;
      return (
        shown?.content?.activeChart ?? tracker.currentWidget?.content ?? null
      );
    };
    const onChart = (
      id: string,
      options: {
        label: string;
        caption: string;
        icon: typeof searchIcon;
        act: (chart: ChartWidget) => void | Promise<void>;
      }
    ): void => {
      app.commands.addCommand(id, {
        label: options.label,
        caption: options.caption,
        icon: options.icon,
        describedBy: { args: { type: 'object', properties: {} } },
        isEnabled: () => current() !== null,
        execute: () =>
          attempt(trans, async () => {
            const chart = current();
            if (chart) {
              await options.act(chart);
            }
          })
      });
    };
    onChart(ChartCommandIDs.search, {
      label: trans.__('Change Symbol…'),
      caption: trans.__('Show another instrument in the current chart'),
      icon: searchIcon,
      act: chart => chart.search()
    });
    onChart(ChartCommandIDs.screenshot, {
      label: trans.__('Save Chart as Picture'),
      caption: trans.__('Download the current chart as PNG'),
      icon: imageIcon,
      act: chart => chart.saveScreenshot()
    });
    onChart(ChartCommandIDs.exportCsv, {
      label: trans.__('Export Bars as CSV'),
      caption: trans.__('Download the bars that the current chart has loaded'),
      icon: downloadIcon,
      act: chart => chart.saveCsv()
    });
    onChart(ChartCommandIDs.copyCell, {
      label: trans.__('Copy as Notebook Cell'),
      caption: trans.__('Copy code that loads the same bars in a notebook'),
      icon: copyIcon,
      act: chart => {
        Clipboard.copyToSystem(asCell(chart.model.state));
        Notification.success(trans.__('Copied. Paste it into a code cell.'), {
          autoClose: 3000
        });
      }
    });
    onChart(ChartCommandIDs.makeDefault, {
      label: trans.__('Use for New Charts'),
      caption: trans.__(
        'Begin new charts with the symbol, timeframe, style, scale and studies of this one'
      ),
      icon: quantlabIcon,
      act: async chart => {
        const { defaultsOf, keepDefaults } = await import('./defaults');
        await keepDefaults(api.client, defaultsOf(chart.model.state));
        Notification.success(
          trans.__(
            'New charts begin like this one. The account page has the defaults.'
          ),
          { autoClose: 5000 }
        );
      }
    });
    tracker.currentChanged.connect(() => app.commands.notifyCommandChanged());
    for (const command of Object.values(ChartCommandIDs)) {
      palette?.addItem({ command, category: CATEGORY });
    }
    launcher?.add({
      command: ChartCommandIDs.open,
      args: { isLauncher: true },
      category: CATEGORY,
      rank: 0
    });
    void restorer?.restore(tracker, {
      command: ChartCommandIDs.open,
      args: widget => ({
        id: widget.id,
        timezone: widget.content.model.timezone,
        ...(widget.content.model.state as unknown as ReadonlyPartialJSONObject)
      }),
      name: widget => widget.id
    });
  }
};

/** The person's defaults, and what was asked for. */
async function newState(
  client: QuantLabClient,
  args: ReadonlyPartialJSONObject
): Promise<IChartState> {
  const { firstChart } = await import('./defaults');
  const first = (await firstChart(
    client
  )) as unknown as ReadonlyPartialJSONObject;
  return readState({ ...first, ...args });
}

const OPEN_ARGS: ReadonlyJSONObject = {
  type: 'object',
  properties: {
    id: {
      type: 'string',
      description: 'Distinguishes charts. Default: a new one.'
    },
    symbol: {
      type: 'string',
      description: 'Such as SAMPLE:AAPL, or AAPL alone.'
    },
    timeframe: {
      type: 'string',
      description: '1m, 5m, 15m, 30m, 1h, 4h, 1D, 1W or 1M'
    },
    style: {
      type: 'string',
      description: 'candles, bars, line, area or heikin-ashi'
    },
    scale: {
      type: 'string',
      description: 'linear, log, percent or indexed'
    },
    volume: { type: 'boolean' },
    timezone: {
      type: 'string',
      description:
        'In which times are said: exchange, local, or a name such as UTC. Default: as the profile says.'
    },
    studies: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          study: { type: 'string', description: 'Such as ta.rsi' },
          inputs: { type: 'object' }
        }
      }
    },
    compare: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          symbol: { type: 'string', description: 'Such as SAMPLE:MSFT' }
        }
      }
    },
    drawings: {
      type: 'array',
      description: 'Drawings as the document of a layout has them.',
      items: { type: 'object' }
    },
    isLauncher: {
      type: 'boolean',
      description: 'The label is for the launcher.'
    }
  }
};
