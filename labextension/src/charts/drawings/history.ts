/**
 * What can be undone: states before and after the present one.
 */
export interface IHistory<T> {
  past: readonly T[];
  future: readonly T[];
}

export const NO_HISTORY: IHistory<never> = { past: [], future: [] };

/** Steps that are kept. */
export const STEPS_MAX = 100;

/** `before` gives way to something new: what was undone until now is gone. */
export function record<T>(history: IHistory<T>, before: T): IHistory<T> {
  return { past: [...history.past, before].slice(-STEPS_MAX), future: [] };
}

/** Every state of it changed alike, the present one too; a step between two that became the same is none any more. */
export function mapped<T>(
  history: IHistory<T>,
  present: T,
  change: (state: T) => T,
  isSame: (a: T, b: T) => boolean
): IHistory<T> {
  const [past, future] = [history.past.map(change), history.future.map(change)];
  const now = change(present);
  return {
    past: past.filter((state, i) => !isSame(state, past[i + 1] ?? now)),
    future: future.filter((state, i) => !isSame(state, future[i - 1] ?? now))
  };
}

/** One step back from `present`; null: there is none. */
export function stepBack<T>(
  history: IHistory<T>,
  present: T
): [IHistory<T>, T] | null {
  const { past, future } = history;
  if (past.length === 0) {
    return null;
  }
  return [
    { past: past.slice(0, -1), future: [present, ...future] },
    past[past.length - 1]
  ];
}

/** One step forward again; null: there is none. */
export function stepForward<T>(
  history: IHistory<T>,
  present: T
): [IHistory<T>, T] | null {
  const { past, future } = history;
  if (future.length === 0) {
    return null;
  }
  return [{ past: [...past, present], future: future.slice(1) }, future[0]];
}
