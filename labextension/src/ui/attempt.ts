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
    Notification.emit(await messageOf(error, trans), 'error', {
      autoClose: false
    });
  }
}

async function messageOf(
  error: unknown,
  trans: TranslationBundle
): Promise<string> {
  // Parts are loaded when they are first used: an upgrade of the server meanwhile takes them away.
  const outdated = trans.__(
    'A part of QuantLab could not be loaded. Check the connection and reload the page; open documents keep their drafts.'
  );
  if (error instanceof Error && error.name === 'ChunkLoadError') {
    return outdated;
  }
  try {
    const { describe } = await import('./problems');
    const problem = describe(error, trans);
    return `${problem.message} ${problem.detail}`.trim();
  } catch {
    return outdated;
  }
}
