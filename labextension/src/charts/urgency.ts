/**
 * What is done first, and what can wait.
 */
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';

/** Long enough for the other charts of a layout to be drawn first, too short to be waited for. Milliseconds. */
const PAUSE = 100;

/** Run `act` some time after the next frame, unless disposed before. It is disposed once `act` runs. */
export function afterFrame(act: () => void): IDisposable {
  let timer: ReturnType<typeof setTimeout> | undefined;
  // While nobody sees the page it has no frames, and needs none of this.
  const frame = requestAnimationFrame(() => {
    timer = setTimeout(() => {
      waiting.dispose();
      act();
    }, PAUSE);
  });
  const waiting = new DisposableDelegate(() => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  });
  return waiting;
}
