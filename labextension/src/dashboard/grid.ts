/**
 * Moving the focus between the cards of a page with the arrow keys.
 */

/** The place of something that can have the focus. CSS pixels. */
export type Box = { left: number; top: number; bottom: number };

/** The card that an arrow leads to from the one at `from`, or null at an edge. */
export function neighbour(
  boxes: readonly Box[],
  from: number,
  key: string
): number | null {
  const here = boxes[from];
  if (key === 'ArrowRight' || key === 'ArrowLeft') {
    const next = from + (key === 'ArrowRight' ? 1 : -1);
    return next >= 0 && next < boxes.length ? next : null;
  }
  const down = key === 'ArrowDown';
  let best: number | null = null;
  let least = Infinity;
  boxes.forEach((box, index) => {
    const away = down ? box.top - here.bottom : here.top - box.bottom;
    // The nearest row first; in it the nearest column.
    const cost = away * 10_000 + Math.abs(box.left - here.left);
    if (away >= -1 && cost < least) {
      least = cost;
      best = index;
    }
  });
  return best;
}

const ARROWS = new Set(['ArrowDown', 'ArrowUp', 'ArrowLeft', 'ArrowRight']);

/** Take an arrow key pressed in `page` on one of the things that `selector` finds; true when it was one. */
export function moveFocus(
  page: HTMLElement,
  selector: string,
  event: { key: string; target: EventTarget | null }
): boolean {
  const cards = [...page.querySelectorAll<HTMLElement>(selector)];
  const from = cards.findIndex(card => card === event.target);
  if (from < 0 || !ARROWS.has(event.key)) {
    return false;
  }
  const boxes = cards.map(card => card.getBoundingClientRect());
  const to = neighbour(boxes, from, event.key);
  if (to !== null) {
    cards[to].focus();
  }
  return true;
}
