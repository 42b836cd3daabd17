/**
 * Keys of drawings. They work while the chart or its tools have the focus; fields keep their own.
 */
import type { DrawingLayer } from './layer';
import type { DrawingsModel } from './model';

/** Pixels that an arrow moves a drawing up or down. */
const STEP = 4;

/** Act on a key; `toStyle` goes to the bar of the selected one. True: it was for drawings, and nobody else should see it. */
export function onDrawingKey(
  event: KeyboardEvent,
  drawings: DrawingsModel,
  layer: DrawingLayer,
  toStyle: () => boolean
): boolean {
  const { key, shiftKey } = event;
  if (event.ctrlKey || event.metaKey) {
    return !event.altKey && onHistoryKey(key, shiftKey, drawings);
  }
  if (event.altKey) {
    return false;
  }
  const far = shiftKey ? 10 : 1;
  const selected = drawings.selected;
  const arrows: Record<string, [number, number]> = {
    ArrowLeft: [-far, 0],
    ArrowRight: [far, 0],
    ArrowUp: [0, far * STEP],
    ArrowDown: [0, -far * STEP]
  };
  if (key === 'Escape') {
    return layer.cancel();
  }
  if (key === 'Enter' && drawings.tool) {
    layer.placeInMiddle();
    return true;
  }
  if (key === 'Enter' && selected) {
    return toStyle();
  }
  if (key.toLowerCase() === 'd') {
    const here = drawings.kept.filter(
      one => one.visible && layer.panes.has(one.pane)
    );
    drawings.selectNext(shiftKey ? -1 : 1, here);
    return true;
  }
  if (selected && (key === 'Delete' || key === 'Backspace')) {
    if (!selected.locked) {
      drawings.remove(selected.id);
    }
    return true;
  }
  if (selected && key in arrows) {
    layer.nudge(...arrows[key]);
    return true;
  }
  return false;
}

function onHistoryKey(
  key: string,
  shiftKey: boolean,
  drawings: DrawingsModel
): boolean {
  const letter = key.toLowerCase();
  if (letter === 'y' || (letter === 'z' && shiftKey)) {
    drawings.redo();
    return true;
  }
  if (letter === 'z') {
    drawings.undo();
    return true;
  }
  return false;
}
