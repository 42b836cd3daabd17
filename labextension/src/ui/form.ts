/**
 * What a form knows about being sent: what is refused at which field, what went wrong besides, what was done.
 */
import * as React from 'react';

import { ApiError } from '../api/errors';

/** What is wrong, by field. */
export type Refused<F extends string> = Partial<Record<F, string>>;

export interface IForm<F extends string> {
  /** The form's element: after a refusal its first wrong field has the focus. */
  ref: React.RefObject<HTMLFormElement>;
  refused: Refused<F>;
  /** Why it was not done, where no field can say it. */
  error: unknown;
  /** What was done, in words. */
  said: string;
  isBusy: boolean;
  /** The person goes on typing: what was said of this field, and of the last time, is over. */
  touch: (field: F) => void;
  /**
   * Send it once at a time, unless something is `wrong`. `act` says what was done; a refusal is shown at the fields
   * that `fields` names, and as an error where there is another.
   */
  send: (wrong: Refused<F>, act: () => Promise<string | void>) => Promise<void>;
}

interface IState<F extends string> {
  refused: Refused<F>;
  error: unknown;
  said: string;
  isBusy: boolean;
}

/** A form with these fields, by the paths that the service calls them. */
export function useForm<F extends string>(fields: readonly F[]): IForm<F> {
  const [state, setState] = React.useState<IState<F>>(() => rest<F>());
  const ref = React.useRef<HTMLFormElement>(null);
  const isSending = React.useRef(false);
  const refuse = (refused: Refused<F>, error: unknown): void => {
    setState({ ...rest<F>(), refused, error });
    // Once the fields are drawn as wrong.
    window.requestAnimationFrame(() =>
      ref.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
    );
  };
  return {
    ref,
    ...state,
    touch: field =>
      setState(now => ({
        ...now,
        refused: { ...now.refused, [field]: undefined },
        said: ''
      })),
    send: async (wrong, act) => {
      if (isSending.current) {
        return;
      }
      if (Object.values(wrong).some(Boolean)) {
        refuse(wrong, null);
        return;
      }
      isSending.current = true;
      setState({ ...rest<F>(), isBusy: true });
      try {
        const said = await act();
        setState({ ...rest<F>(), said: said ?? '' });
      } catch (reason) {
        refuse(...sorted(reason, fields));
      } finally {
        isSending.current = false;
      }
    }
  };
}

function rest<F extends string>(): IState<F> {
  return { refused: {}, error: null, said: '', isBusy: false };
}

/** What of a rejection the fields can say, and the rejection itself where that is not all. */
function sorted<F extends string>(
  reason: unknown,
  fields: readonly F[]
): [Refused<F>, unknown] {
  const all = reason instanceof ApiError ? reason.fields : [];
  const here = all.filter(one =>
    (fields as readonly string[]).includes(one.path)
  );
  const refused = Object.fromEntries(
    here.map(one => [one.path, one.message])
  ) as Refused<F>;
  return [
    refused,
    all.length > 0 && here.length === all.length ? null : reason
  ];
}
