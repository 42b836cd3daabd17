/**
 * A secret that can be read only now: a link or a token, selected, with a button that copies it.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Field } from './fields';

/** Give it the secret as `key`: another one starts anew. */
export function ShownOnce(props: {
  id: string;
  label: string;
  hint: string;
  secret: string;
  trans: TranslationBundle;
}): JSX.Element {
  const { id, label, hint, secret, trans } = props;
  const [said, setSaid] = React.useState('');
  const field = React.useRef<HTMLInputElement>(null);
  React.useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(secret);
      setSaid(trans.__('Copied'));
    } catch {
      // Browsers allow it on https and on this machine only.
      field.current?.focus();
      field.current?.select();
      setSaid(
        /^Mac/.test(navigator.platform)
          ? trans.__('Press ⌘C to copy the selected text.')
          : trans.__('Press Ctrl+C to copy the selected text.')
      );
    }
  };
  return (
    <>
      <Field id={id} label={label} hint={hint}>
        {aria => (
          <input
            {...aria}
            ref={field}
            className="jp-mod-styled jp-QuantLab-ShownOnce"
            readOnly
            spellCheck={false}
            value={secret}
            onFocus={event => event.currentTarget.select()}
          />
        )}
      </Field>
      <div className="jp-QuantLab-Actions">
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept"
          onClick={() => void copy()}
        >
          {trans.__('Copy')}
        </button>
        <span role="status">{said}</span>
      </div>
    </>
  );
}
