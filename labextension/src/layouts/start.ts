/**
 * The default layout, opened when JupyterLab starts with nothing else to show.
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';

import type { QuantLabClient } from '../api/client';
import { NotFoundError } from '../api/errors';
import type { IQuantLabSession } from '../tokens';

/**
 * Open the default layout of whoever is signed in first. Waits for the session, which asks once the page is drawn, and
 * asks nothing where a workspace came back. Never rejects: a start is not the moment for complaints.
 */
export async function openDefault(options: {
  app: JupyterFrontEnd;
  client: QuantLabClient;
  session: IQuantLabSession;
  open: (id: string) => Promise<void>;
}): Promise<void> {
  const { app, client, session, open } = options;
  await app.restored;
  if (!hasNothingOpen(app)) {
    return;
  }
  await signedIn(session);
  if (!hasNothingOpen(app)) {
    return;
  }
  try {
    const { default_layout_id: id } = await client.profile();
    if (id && hasNothingOpen(app)) {
      await open(id);
    }
  } catch (error) {
    // The profile goes on naming a layout that was deleted, so that undoing the deletion is whole.
    if (!(error instanceof NotFoundError)) {
      console.warn('QuantLab: the default layout was not opened.', error);
    }
  }
}

/** Launchers are what JupyterLab shows for want of anything else. */
function hasNothingOpen(app: JupyterFrontEnd): boolean {
  return [...app.shell.widgets('main')].every(widget =>
    widget.id.startsWith('launcher')
  );
}

function signedIn(session: IQuantLabSession): Promise<void> {
  return new Promise(resolve => {
    const look = (): void => {
      if (session.user) {
        session.userChanged.disconnect(look);
        resolve();
      }
    };
    session.userChanged.connect(look);
    look();
  });
}
