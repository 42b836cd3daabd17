/**
 * New recovery codes, which are shown once.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { saveFile } from '../ui/files';

/** The codes, and ways to keep them. */
export function RecoveryCodes(props: {
  codes: readonly string[];
  trans: TranslationBundle;
  onDone: () => void;
}): JSX.Element {
  const { codes, trans, onDone } = props;
  const heading = React.useRef<HTMLHeadingElement>(null);
  // What was pressed is gone: go on from here, and have it read.
  React.useEffect(() => heading.current?.focus(), []);
  const text = `${trans.__('QuantLab recovery codes: each signs you in once in place of your second factor.')}\n\n${codes.join('\n')}\n`;
  return (
    <section className="jp-QuantLab-Note" aria-labelledby="quantlab-recovery">
      <h3 id="quantlab-recovery" ref={heading} tabIndex={-1}>
        {trans.__('Keep your recovery codes')}
      </h3>
      <p>
        {trans.__(
          'Each of them signs you in once when your app or passkey is not at hand. They are not shown again.'
        )}
      </p>
      <ul className="jp-QuantLab-RecoveryCodes">
        {codes.map(code => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className="jp-QuantLab-Actions">
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept"
          onClick={() =>
            saveFile(
              'quantlab-recovery-codes.txt',
              new Blob([text], { type: 'text/plain' })
            )
          }
        >
          {trans.__('Download')}
        </button>
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={onDone}
        >
          {trans.__('I have kept them')}
        </button>
      </div>
    </section>
  );
}
