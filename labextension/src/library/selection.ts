/**
 * Which rows of a list are selected, and which one the keyboard is at. Pure: state in, state out.
 */

export type Selection = {
  /** Selected ids. */
  readonly ids: ReadonlySet<string>;
  /** The row with the focus, or null. */
  readonly active: string | null;
  /** Where a range starts. */
  readonly anchor: string | null;
};

export const NOTHING: Selection = {
  ids: new Set<string>(),
  active: null,
  anchor: null
};

/** Only this one. */
export function selectOne(id: string): Selection {
  return { ids: new Set([id]), active: id, anchor: id };
}

/** Add or take away one (Ctrl or Cmd with a click, Ctrl+Space). */
export function toggle(state: Selection, id: string): Selection {
  const ids = new Set(state.ids);
  if (!ids.delete(id)) {
    ids.add(id);
  }
  return { ids, active: id, anchor: id };
}

/** Everything from the anchor to here (Shift). */
export function extendTo(
  state: Selection,
  order: readonly string[],
  id: string
): Selection {
  const anchor = state.anchor ?? id;
  const from = order.indexOf(anchor);
  const to = order.indexOf(id);
  if (from < 0 || to < 0) {
    return selectOne(id);
  }
  const ids = new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1));
  return { ids, active: id, anchor };
}

/** Everything loaded (Ctrl+A). */
export function selectAll(
  state: Selection,
  order: readonly string[]
): Selection {
  return { ...state, ids: new Set(order), active: state.active ?? order[0] };
}

/** The row `by` rows away from the active one, kept inside the list; null for an empty list. */
export function step(
  state: Selection,
  order: readonly string[],
  by: number
): string | null {
  if (order.length === 0) {
    return null;
  }
  const at = state.active === null ? -1 : order.indexOf(state.active);
  if (at < 0) {
    // A step comes in at the near end; Home and End, as long as the list, go where they say.
    const forward = by > 0 !== Math.abs(by) >= order.length;
    return forward ? order[0] : order[order.length - 1];
  }
  return order[Math.max(0, Math.min(order.length - 1, at + by))];
}

/**
 * After the list changed: what is gone is not selected any more, and the keyboard goes to the row that took
 * the place of the active one.
 */
export function keep(
  state: Selection,
  before: readonly string[],
  after: readonly string[]
): Selection {
  const there = new Set(after);
  const ids = new Set([...state.ids].filter(id => there.has(id)));
  let active = state.active;
  if (active !== null && !there.has(active)) {
    const at = before.indexOf(active);
    const next = before.slice(at + 1).find(id => there.has(id));
    const previous = before
      .slice(0, Math.max(at, 0))
      .reverse()
      .find(id => there.has(id));
    active = next ?? previous ?? null;
    if (ids.size === 0 && active !== null) {
      ids.add(active);
    }
  }
  const anchor =
    state.anchor !== null && there.has(state.anchor) ? state.anchor : active;
  return { ids, active, anchor };
}
