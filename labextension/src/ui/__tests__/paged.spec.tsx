import { nullTranslator } from '@jupyterlab/translation';
import * as React from 'react';
import { createRoot } from 'react-dom/client';
import type { Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { UnreachableError } from '../../api/errors';
import type { Page } from '../../api/models';
import { Paged, usePaged } from '../paged';

const { act } = React;
const trans = nullTranslator.load('');

interface IOne {
  id: string;
  name?: string;
}

/** A question that is under way, answered by the test. */
interface IAsked {
  filter: string;
  cursor: string | null;
  signal: AbortSignal;
  answer: (page: Page<IOne>) => Promise<void>;
  refuse: (reason: unknown) => Promise<void>;
}

const asked: IAsked[] = [];

function List(props: { filter: string }): JSX.Element {
  const { filter } = props;
  const paged = usePaged<IOne>(
    (cursor, signal) =>
      new Promise((resolve, reject) => {
        asked.push({
          filter,
          cursor,
          signal,
          answer: page => act(() => Promise.resolve(resolve(page))),
          refuse: reason => act(() => Promise.resolve(reject(reason as Error)))
        });
      }),
    [filter]
  );
  return (
    <Paged
      paged={paged}
      trans={trans}
      label="Loading"
      count={(shown, total) => `${shown} of ${total ?? '?'}`}
      empty={<p>None</p>}
    >
      {items => (
        <ul>
          {items.map(one => (
            <li
              key={one.id}
              onClick={() => paged.put({ ...one, name: 'changed' })}
            >
              {one.name ?? one.id}
            </li>
          ))}
        </ul>
      )}
    </Paged>
  );
}

let root: Root;
let host: HTMLElement;

const show = (filter: string): void =>
  act(() => root.render(<List filter={filter} />));
const rows = (): string[] =>
  Array.from(host.querySelectorAll('li'), one => one.textContent ?? '');
const button = (text: string): HTMLButtonElement | undefined =>
  Array.from(host.querySelectorAll('button')).find(
    one => one.textContent === text
  );
const press = (text: string): void => act(() => button(text)?.click());
const page = (
  ids: string,
  next: string | null,
  total?: number
): Page<IOne> => ({
  items: ids.split('').map(id => ({ id })),
  next_cursor: next,
  total
});

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  host = document.body.appendChild(document.createElement('div'));
  root = createRoot(host);
  asked.length = 0;
});

afterEach(() => {
  act(() => root.unmount());
  host.remove();
});

describe('a list that comes a page at a time', () => {
  it('goes on to its end, says how many there are, and keeps the focus', async () => {
    show('all');
    expect(host.querySelector('.jp-QuantLab-Skeleton')).not.toBeNull();
    await asked[0].answer(page('ab', 'next', 3));
    expect(rows()).toEqual(['a', 'b']);
    act(() => host.querySelectorAll('li')[1].click());
    expect(rows()).toEqual(['a', 'changed']);
    button('Show more')?.focus();
    press('Show more');
    // Pressing twice asks once.
    press('Loading…');
    expect(asked.map(one => one.cursor)).toEqual([null, 'next']);
    await asked[1].answer(page('c', null));
    expect(rows()).toEqual(['a', 'changed', 'c']);
    expect(button('Show more')).toBeUndefined();
    expect(document.activeElement?.textContent).toBe('3 of 3');
  });

  it('offers no page of another list, and drops answers that are too late', async () => {
    show('old');
    await asked[0].answer(page('ab', 'old-next'));
    press('Show more');
    show('new');
    expect(button('Show more')).toBeUndefined();
    expect(button('Loading…')).toBeUndefined();
    expect(host.querySelector('[aria-busy=true]')).not.toBeNull();
    expect(asked[1].signal.aborted).toBe(true);
    await asked[2].answer(page('x', null));
    // A service that does not notice that nobody waits.
    await asked[1].answer(page('cd', 'older'));
    await asked[0].refuse(new Error('too late'));
    expect(asked[2]).toMatchObject({ filter: 'new', cursor: null });
    expect(rows()).toEqual(['x']);
    expect(button('Show more')).toBeUndefined();
    expect(host.querySelector('[role=alert]')).toBeNull();
  });

  it('asks again what failed: the first page, or the next one', async () => {
    show('all');
    await asked[0].refuse(new UnreachableError());
    expect(host.querySelector('.jp-QuantLab-Skeleton')).toBeNull();
    press('Retry');
    await asked[1].answer(page('a', 'next'));
    expect(host.querySelector('[role=alert]')).toBeNull();
    press('Show more');
    await asked[2].refuse(new UnreachableError());
    expect(rows()).toEqual(['a']);
    press('Retry');
    expect(asked[3].cursor).toBe('next');
    await asked[3].answer(page('b', null));
    expect(rows()).toEqual(['a', 'b']);
    expect(host.querySelector('[role=alert]')).toBeNull();
  });

  it('says that there are none, and gives up when it is left', async () => {
    show('all');
    await asked[0].answer(page('', null));
    expect(host.textContent).toContain('None');
    show('other');
    act(() => root.render(<></>));
    expect(asked[1].signal.aborted).toBe(true);
  });
});
