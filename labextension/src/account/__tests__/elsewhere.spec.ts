// @vitest-environment node
import { describe, expect, it } from 'vitest';

import type { IOpened, IWindows } from '../elsewhere';
import { ElsewhereError, logInElsewhere } from '../elsewhere';

const URL = 'https://login.example/authorize?state=abc';
// The first 16 digits of SHA-256('abc').
const FLOW = 'ba7816bf8f01cfea';

class Place implements IWindows {
  readonly target = new EventTarget();
  opened = 0;
  shown: string[] = [];
  closedWindows = 0;
  closed = 0;

  constructor(
    private readonly _opens = true,
    private readonly _says: object[] = []
  ) {}

  open(): IOpened | null {
    this.opened += 1;
    return this._opens
      ? {
          go: url => this._go(url),
          close: () => void (this.closedWindows += 1)
        }
      : null;
  }

  openChannel() {
    return Object.assign(this.target, {
      close: () => void (this.closed += 1)
    }) as unknown as ReturnType<IWindows['openChannel']>;
  }

  private _go(url: string): void {
    this.shown.push(url);
    for (const data of this._says) {
      this.target.dispatchEvent(new MessageEvent('message', { data }));
    }
  }
}

async function run(place: Place, signal = new AbortController().signal) {
  const challenges: string[] = [];
  const answer = logInElsewhere(
    challenge => {
      challenges.push(challenge);
      return Promise.resolve({ authorization_url: URL, expires_in: 600 });
    },
    signal,
    place
  );
  return { body: await answer, challenges };
}

describe('a log-in at another service', () => {
  it('yields the code with the verifier of the challenge', async () => {
    const place = new Place(true, [
      { flow: 'another', code: 'no' },
      {},
      { flow: FLOW, code: 'one-time', error: '' }
    ]);
    const { body, challenges } = await run(place);
    expect(body.code).toBe('one-time');
    expect(body.verifier).toMatch(/^[A-Za-z0-9_-]{64}$/);
    expect(challenges[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(place.shown).toEqual([URL]);
    expect(place.closedWindows).toBe(0);
    expect(place.closed).toBe(1);
  });

  it('says when the service refuses and when the window does not open', async () => {
    const refused = new Place(true, [
      { flow: FLOW, code: '', error: 'oidc_refused' }
    ]);
    await expect(run(refused)).rejects.toMatchObject({ reason: 'refused' });
    expect(refused.closedWindows).toBe(0);
    const blocked = new Place(false);
    await expect(run(blocked)).rejects.toBeInstanceOf(ElsewhereError);
    expect(blocked.shown).toEqual([]);
  });

  it('opens its window before it waits for anything, and closes it when it cannot begin', async () => {
    const place = new Place();
    const failed = logInElsewhere(
      () => Promise.reject(new Error('down')),
      new AbortController().signal,
      place
    );
    expect(place.opened).toBe(1);
    await expect(failed).rejects.toThrow('down');
    expect(place.shown).toEqual([]);
    expect(place.closedWindows).toBe(1);
  });

  it('ends when it is cancelled', async () => {
    const place = new Place();
    const cancel = new AbortController();
    const waiting = run(place, cancel.signal);
    cancel.abort();
    await expect(waiting).rejects.toThrow();
    expect(place.closedWindows).toBe(1);
  });
});
