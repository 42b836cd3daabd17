/**
 * What is typed into a search, once the typing rests: a request for every key would soon be too many.
 */
import * as React from 'react';

/** Milliseconds without a key. */
const PAUSE = 250;

/** The last value that stayed for a moment. */
export function useSettled<T>(value: T): T {
  const [settled, setSettled] = React.useState(value);
  React.useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
