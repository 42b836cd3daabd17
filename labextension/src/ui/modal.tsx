/**
 * A question that may come while a dialog of JupyterLab is open: those wait for each other, this one waits for none.
 *
 * The browser's own modal dialog keeps everything else from focus, clicks and screen readers, and gives the focus back.
 */
import { ReactWidget } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import '../../style/ui.css';

let count = 0;

/** Ask; resolves with what `answer` was called with, or null when the question was left. */
export async function ask<T>(
  title: string,
  render: (answer: (value: T | null) => void) => JSX.Element
): Promise<T | null> {
  const node = document.createElement('dialog');
  node.className = 'jp-QuantLab-Modal jp-ThemedContainer';
  const heading = `quantlab-modal-${(count += 1)}`;
  node.setAttribute('aria-labelledby', heading);
  document.body.append(node);
  let given: T | null = null;
  const closed = new Promise<void>(done => {
    node.addEventListener('close', () => done(), { once: true });
  });
  const body = ReactWidget.create(
    <>
      <h2 id={heading}>{title}</h2>
      {render(value => {
        given = value;
        node.close();
      })}
    </>
  );
  Widget.attach(body, node);
  node.showModal();
  await body.renderPromise;
  // The browser looked for what to focus before anything was drawn.
  node.querySelector<HTMLElement>('[autofocus], input, button')?.focus();
  try {
    await closed;
    return given;
  } finally {
    body.dispose();
    node.remove();
  }
}
