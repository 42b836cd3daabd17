/**
 * Everything that QuantLab has of a person, as one file.
 */
import * as React from 'react';

import { isAborted } from '../../api/errors';
import { saveFile } from '../../ui/files';
import { byteSize } from '../../ui/format';
import { ErrorBox } from '../../ui/states';
import type { IAccountSectionProps } from '../sections';

type Progress = { received: number; total: number | null };

const NOTHING_YET: Progress = { received: 0, total: null };

export default function OwnDataSection(
  props: IAccountSectionProps
): JSX.Element {
  const { client, trans } = props;
  const [stop, setStop] = React.useState<AbortController | null>(null);
  const [progress, setProgress] = React.useState(NOTHING_YET);
  const [said, setSaid] = React.useState('');
  const [error, setError] = React.useState<unknown>(null);
  const start = React.useRef<HTMLButtonElement>(null);
  const cancel = React.useRef<HTMLButtonElement>(null);
  React.useEffect(() => {
    // It is where the button was that had the focus.
    cancel.current?.focus();
    return () => stop?.abort();
  }, [stop]);
  const run = async (): Promise<void> => {
    const attempt = new AbortController();
    setStop(attempt);
    setProgress(NOTHING_YET);
    setSaid('');
    setError(null);
    try {
      const archive = await client.connection.send<Blob>('auth/export', {
        signal: attempt.signal,
        answer: 'blob',
        onProgress: (received, total) => setProgress({ received, total })
      });
      const day = new Date().toISOString().slice(0, 10);
      saveFile(`quantlab-my-data-${day}.zip`, archive);
      setSaid(
        trans.__(
          'Your data are in the folder of your downloads (%1).',
          byteSize(archive.size)
        )
      );
    } catch (reason) {
      if (isAborted(reason)) {
        setSaid(trans.__('The export was cancelled.'));
      } else {
        setError(reason);
      }
    }
    setStop(null);
    // The button that was pressed is gone.
    window.requestAnimationFrame(() => start.current?.focus());
  };
  return (
    <>
      <p>
        {trans.__(
          'One zip with everything that you have saved, every version of it, and what QuantLab knows of you: profile, preferences, sessions, API tokens and log-ins (without what would let anybody in), shares and your activity.'
        )}
      </p>
      <p>
        {trans.__(
          'Notebooks, scripts and layouts are plain files in it, and an import takes them back. It asks for a confirmation that it is you.'
        )}
      </p>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        {stop ? (
          <>
            <Bar progress={progress} label={trans.__('Exporting my data')} />
            <span role="status">
              {progress.received === 0
                ? trans.__('Collecting your data…')
                : trans.__('Downloading…')}
            </span>
            <span className="jp-QuantLab-Figure">
              {progress.received === 0 ? '' : byteSize(progress.received)}
            </span>
            <button
              ref={cancel}
              type="button"
              className="jp-mod-styled jp-mod-reject"
              onClick={() => stop.abort()}
            >
              {trans.__('Cancel')}
            </button>
          </>
        ) : (
          <>
            <button
              ref={start}
              type="button"
              className="jp-mod-styled jp-mod-accept"
              onClick={() => void run()}
            >
              {trans.__('Export my data')}
            </button>
            <span role="status">{said}</span>
          </>
        )}
      </div>
    </>
  );
}

function Bar(props: { progress: Progress; label: string }): JSX.Element {
  const { received, total } = props.progress;
  return total === null ? (
    <progress aria-label={props.label} />
  ) : (
    <progress aria-label={props.label} value={received} max={total} />
  );
}
