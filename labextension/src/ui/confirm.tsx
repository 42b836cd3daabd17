/**
 * A question before what cannot be undone or others would notice, saying what will happen.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { ask } from './modal';

/** True when it was agreed to. */
export async function confirmAct(options: {
  title: string;
  text: string;
  act: string;
  trans: TranslationBundle;
}): Promise<boolean> {
  const { title, text, act, trans } = options;
  const agreed = await ask<true>(title, answer => (
    <>
      <p>{text}</p>
      <div className="jp-QuantLab-Actions">
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={() => answer(null)}
        >
          {trans.__('Cancel')}
        </button>
        <button
          type="button"
          className="jp-mod-styled jp-mod-warn"
          onClick={() => answer(true)}
        >
          {act}
        </button>
      </div>
    </>
  ));
  return agreed !== null;
}
