/**
 * Keys that move what is in sight of a chart, in the chart area as in a cell.
 */
import type { ChartSurface } from './surface';

/** What to do on a key, by its name; `showAll` brings every bar into sight. */
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
