/**
 * What a view asks the service for when it is shown: loading, failed with a way to try again, or there.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { isAborted } from '../api/errors';
import { ErrorBox, Skeleton } from './states';

export interface ILoaded<T> {
  /** The last answer; null before the first. */
  value: T | null;
  /** Why the last question had no answer. */
  error: unknown;
  /** Ask again. */
  again: () => void;
}

/** Ask now, and again when something in `about` changes. `load` must give up when its signal says so. */
export function useLoaded<T>(
  load: (signal: AbortSignal) => Promise<T>,
  about: React.DependencyList
): ILoaded<T> {
  const [value, setValue] = React.useState<T | null>(null);
  const [error, setError] = React.useState<unknown>(null);
  const [count, again] = React.useReducer((before: number) => before + 1, 0);
  React.useEffect(() => {
    const loading = new AbortController();
    load(loading.signal)
      .then(answer => {
        if (!loading.signal.aborted) {
          setValue(answer);
          setError(null);
        }
      })
      .catch((reason: unknown) => {
        if (!isAborted(reason) && !loading.signal.aborted) {
          setError(reason);
        }
      });
    return () => loading.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the caller says what `load` depends on
  }, [count, ...about]);
  return { value, error, again };
}

/** What was loaded, drawn by `children`; until then a skeleton, and the problem above it when there is one. */
export function Loading<T>(props: {
  loaded: ILoaded<T>;
  trans: TranslationBundle;
  label: string;
  rows?: number;
  children: (value: T) => React.ReactNode;
}): JSX.Element {
  const { loaded, trans, label, rows = 4, children } = props;
  return (
    <>
      {loaded.error ? (
        <ErrorBox
          error={loaded.error}
          trans={trans}
          kept={
            loaded.value === null
              ? undefined
              : trans.__('What is shown below is from before.')
          }
          onRetry={loaded.again}
        />
      ) : null}
      {loaded.value !== null ? (
        children(loaded.value)
      ) : loaded.error ? null : (
        <Skeleton rows={rows} label={label} />
      )}
    </>
  );
}
