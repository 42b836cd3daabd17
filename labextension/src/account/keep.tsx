/**
 * What somebody sees who signs in to an account that is going to be deleted.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IQuantLabSession } from '../tokens';
import { fullTime, longDay } from '../ui/format';
import { ErrorBox } from '../ui/states';

export function KeepAccount(props: {
  session: IQuantLabSession;
  trans: TranslationBundle;
  /** ISO 8601. */
  deletesAt: string;
}): JSX.Element {
  const { session, trans, deletesAt } = props;
  const [error, setError] = React.useState<unknown>(null);
  const [isBusy, setBusy] = React.useState(false);
  const heading = React.useRef<HTMLHeadingElement>(null);
  React.useEffect(() => heading.current?.focus(), []);
  const keep = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await session.keepAccount();
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  };
  return (
    <section
      className="jp-QuantLab-Form"
      aria-label={trans.__('Your account will be deleted')}
    >
      <h2 ref={heading} tabIndex={-1}>
        {trans.__('Your account will be deleted')}
      </h2>
      <p>
        {trans.__('You deleted this account. Everything in it goes on')}{' '}
        <time dateTime={deletesAt} title={fullTime(deletesAt)}>
          {longDay(deletesAt)}
        </time>
        {trans.__(
          '. Until then nothing is lost, and you can have it back as it was.'
        )}
      </p>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={isBusy}
          onClick={() => {
            if (!isBusy) {
              void keep();
            }
          }}
        >
          {isBusy ? trans.__('Signing in…') : trans.__('Keep my account')}
        </button>
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={() => session.letGo()}
        >
          {trans.__('Let it be deleted')}
        </button>
      </div>
    </section>
  );
}
