/**
 * Says why nothing goes on while access is switched off, asks again by itself, and goes away afterwards. What is not
 * saved stays where it is kept whenever the service cannot be reached: in the browser's drafts.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { NotSignedInError } from '../api/errors';
import { IQuantLabApi } from '../tokens';

/** Between questions whether it is over. Milliseconds. */
const ASK_AGAIN = 15_000;

/** JupyterLab cuts longer notifications off. Characters. */
const SHOWN_MOST = 140;

export const maintenancePlugin: JupyterFrontEndPlugin<void> = {
  id: '@quantlab/labextension:maintenance',
  description: 'Tells of maintenance.',
  autoStart: true,
  requires: [IQuantLabApi],
  optional: [ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    { client }: IQuantLabApi,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('quantlab');
    const { connection } = client;
    let shown: string | null = null;
    let timer: ReturnType<typeof setInterval> | undefined;
    const { maintenance } = connection;
    /** The connection notes what is said. It renews a token that ended meanwhile, as other requests do. */
    const ask = (isAskedFor: boolean): void => {
      connection.request('auth/profile').then(
        () => {
          // Who may read meanwhile hears of the end by writing only: if that is refused again, it is told again.
          if (isAskedFor) {
            maintenance.forget();
          }
        },
        error => {
          // Nobody is signed in: whoever signs in is told.
          if (error instanceof NotSignedInError) {
            maintenance.forget();
          }
        }
      );
    };
    const show = (reason: string): void => {
      const text = trans.__(
        'Maintenance: %1 What you have not saved is kept in this browser.',
        reason
      );
      const actions: Notification.IAction[] = [
        {
          label: trans.__('Retry'),
          callback: event => {
            event.preventDefault();
            ask(true);
          }
        }
      ];
      if (text.length > SHOWN_MOST) {
        actions.push({
          label: trans.__('Read all'),
          callback: event => {
            event.preventDefault();
            void showDialog({
              title: trans.__('Maintenance'),
              body: text,
              buttons: [Dialog.okButton({ label: trans.__('Close') })]
            });
          }
        });
      }
      const id = shown;
      if (id !== null && Notification.update({ id, message: text, actions })) {
        return;
      }
      shown = Notification.emit(text, 'warning', { autoClose: false, actions });
    };
    maintenance.changed.connect(() => {
      clearInterval(timer);
      const { reason } = maintenance;
      if (reason !== null) {
        show(reason);
        timer = setInterval(() => ask(false), ASK_AGAIN);
      } else if (shown !== null) {
        Notification.dismiss(shown);
        shown = null;
      }
    });
  }
};
