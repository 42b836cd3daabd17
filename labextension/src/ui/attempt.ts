/**
 * Doing something whose failure is told in a toast that stays.
 */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

/** Do it; a rejection is put into words and shown. */
export async function attempt(
  trans: TranslationBundle,
  act: () => Promise<void>
): Promise<void> {
  try {
    await act();
  } catch (error) {
    const { describe } = await import('./problems');
    const problem = describe(error, trans);
    Notification.emit(`${problem.message} ${problem.detail}`.trim(), 'error', {
      autoClose: false
    });
  }
}
