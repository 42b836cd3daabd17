/**
 * A list that comes a page at a time: asked again when what it is about changes, and only the last question counts.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Page } from '../api/models';
import { ErrorBox, Skeleton } from './states';

export interface IPaged<T> {
  /** What came so far; null before the first page. */
  items: readonly T[] | null;
  /** How many there are in all, where the service says so. */
  total: number | null;
  /** Why the last question had no answer. */
  error: unknown;
  /** A question is under way. */
  isBusy: boolean;
  /** There is a next page of what is shown. */
  hasMore: boolean;
  /** Ask for the next page; does nothing while a question is under way. */
  more: () => void;
  /** Ask again from the start; what is shown stays until the answer. */
  again: () => void;
  /** Ask again what had no answer. */
  retry: () => void;
  /** One of them is different now. */
  put: (item: T) => void;
}

interface IState<T> {
  items: readonly T[] | null;
  total: number | null;
  cursor: string | null;
  error: unknown;
  /** Where the page begins that was asked for last. */
  asked: string | null;
  isBusy: boolean;
}

/** Ask for the first page now, and again when something in `about` changes. `load` must give up when its signal says so. */
export function usePaged<T extends { id: string }>(
  load: (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>,
  about: React.DependencyList
): IPaged<T> {
  const [state, setState] = React.useState<IState<T>>({
    items: null,
    total: null,
    cursor: null,
    error: null,
    asked: null,
    isBusy: true
  });
  const running = React.useRef<AbortController | null>(null);
  const ask = (cursor: string | null): void => {
    running.current?.abort();
    const asking = new AbortController();
    running.current = asking;
    setState(now => ({ ...now, asked: cursor, isBusy: true }));
    load(cursor, asking.signal).then(
      page => {
        if (!asking.signal.aborted) {
          running.current = null;
          setState(now => withPage(now, page));
        }
      },
      (error: unknown) => {
        if (!asking.signal.aborted) {
          running.current = null;
          setState(now => ({ ...now, error, isBusy: false }));
        }
      }
    );
  };
  // Before anything is painted: nobody can ask for the next page of another list.
  React.useLayoutEffect(() => {
    ask(null);
    return () => running.current?.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the caller says what `load` depends on
  }, about);
  const { items, total, cursor, error, asked, isBusy } = state;
  return {
    items,
    total,
    error,
    isBusy,
    // While the first page is asked for, what is shown may be of another list.
    hasMore: cursor !== null && !(isBusy && asked === null),
    more: () => {
      if (running.current === null && cursor !== null) {
        ask(cursor);
      }
    },
    again: () => ask(null),
    retry: () => ask(asked),
    put: item =>
      setState(now => ({
        ...now,
        items: now.items?.map(one => (one.id === item.id ? item : one)) ?? null
      }))
  };
}

function withPage<T>(state: IState<T>, page: Page<T>): IState<T> {
  const isFirst = state.asked === null;
  return {
    ...state,
    items: isFirst ? page.items : [...(state.items ?? []), ...page.items],
    // Only the first page says how many there are.
    total: isFirst ? (page.total ?? null) : state.total,
    cursor: page.next_cursor,
    error: null,
    isBusy: false
  };
}

/** What came so far, drawn by `children`, with the way to more; a skeleton before, and the problem above it. */
export function Paged<T>(props: {
  paged: IPaged<T>;
  trans: TranslationBundle;
  /** Said while the first page is awaited. */
  label: string;
  /** How many are shown, in words; `total` is null where the service does not say. */
  count: (shown: number, total: number | null) => string;
  /** What is drawn when there are none. */
  empty: JSX.Element;
  children: (items: readonly T[]) => React.ReactNode;
}): JSX.Element {
  const { paged, trans, label, count, empty, children } = props;
  const { items, error } = paged;
  return (
    <>
      {error ? (
        <ErrorBox
          error={error}
          trans={trans}
          kept={
            items === null
              ? undefined
              : trans.__('What is shown below is from before.')
          }
          onRetry={paged.retry}
        />
      ) : null}
      {items === null ? (
        error ? null : (
          <Skeleton rows={4} label={label} />
        )
      ) : (
        <div aria-busy={paged.isBusy}>
          {items.length === 0 ? empty : children(items)}
          <More
            paged={paged}
            trans={trans}
            words={items.length === 0 ? '' : count(items.length, paged.total)}
          />
        </div>
      )}
    </>
  );
}

/** The button for the next page, and how many there are. */
function More<T>(props: {
  paged: IPaged<T>;
  trans: TranslationBundle;
  words: string;
}): JSX.Element {
  const { paged, trans, words } = props;
  const status = React.useRef<HTMLSpanElement>(null);
  const isPressed = React.useRef(false);
  React.useEffect(() => {
    if (!paged.isBusy) {
      if (isPressed.current && !paged.hasMore) {
        // The button that was pressed is gone: going on by keyboard begins here.
        status.current?.focus();
      }
      isPressed.current = false;
    }
  }, [paged.isBusy, paged.hasMore]);
  return (
    <div className="jp-QuantLab-Actions jp-QuantLab-Paged-more">
      {paged.hasMore ? (
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          aria-disabled={paged.isBusy}
          onClick={() => {
            isPressed.current = true;
            paged.more();
          }}
        >
          {paged.isBusy ? trans.__('Loading…') : trans.__('Show more')}
        </button>
      ) : null}
      <span
        ref={status}
        role="status"
        tabIndex={-1}
        className="jp-QuantLab-muted"
      >
        {words}
      </span>
    </div>
  );
}
