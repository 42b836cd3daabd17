/**
 * Keys of charts, in the chart area as in a cell.
 */
import type { Timeframe } from './ids';
import { TIMEFRAMES } from './ids';
import type { ChartModel } from './model';
import type { ChartSurface } from './surface';
import type { ChartView } from './view';

/** What keys act on in the chart area. */
export interface IKeyed {
  readonly model: ChartModel;
  readonly surface: ChartSurface | null;
  readonly view: ChartView | null;
  search(): Promise<void>;
  toggleTable(): void;
}

/** What moves a chart, by the names of keys; `showAll` brings every bar into sight. */
export function viewKeys(
  surface: Pick<ChartSurface, 'pan' | 'zoom' | 'chart'>,
  { shiftKey }: Pick<KeyboardEvent, 'shiftKey'>,
  showAll: () => void
): Record<string, () => void> {
  const step = shiftKey ? 50 : 5;
  const scale = surface.chart.timeScale();
  return {
    ArrowLeft: () => surface.pan(-step),
    ArrowRight: () => surface.pan(step),
    ArrowUp: () => surface.zoom(0.8),
    ArrowDown: () => surface.zoom(1.25),
    '+': () => surface.zoom(0.8),
    '-': () => surface.zoom(1.25),
    Home: showAll,
    // At once: older bars that arrive on the way would end a smooth ride.
    End: () => scale.scrollToPosition(scale.options().rightOffset, false)
  };
}

/** Do what belongs to a key, and nothing else then; small letters also while capitals are locked. */
export function onKey(
  event: KeyboardEvent,
  acts: Record<string, () => void>
): void {
  const act = acts[event.key] ?? acts[event.key.toLowerCase()];
  if (act && !event.ctrlKey && !event.metaKey && !event.altKey) {
    act();
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Do what a key stands for in the chart area. */
export function pressed(event: KeyboardEvent, chart: IKeyed): void {
  const { surface, model, view } = chart;
  if (!surface) {
    return;
  }
  const timeframes = (model.instrument?.timeframes ??
    TIMEFRAMES) as readonly Timeframe[];
  const digits = timeframes.map(
    (timeframe, i) =>
      [String(i + 1), () => void model.set({ timeframe })] as const
  );
  onKey(event, {
    ...viewKeys(surface, event, () => void view?.showMonths(null)),
    '/': () => void chart.search(),
    t: () => chart.toggleTable(),
    ...Object.fromEntries(digits)
  });
}

/** Where a button that was pressed is gone, or can be pressed no more, keys go on to `node`. */
export function keepFocus(node: HTMLElement): void {
  // The page is drawn without the button first, then the browser sees that nothing has the focus.
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      if (document.activeElement === document.body && node.isConnected) {
        node.focus();
      }
    })
  );
}
