import * as React from 'react';
import { createRoot } from 'react-dom/client';
import type { Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { InvalidError } from '../../api/errors';
import { TextField } from '../fields';
import type { IForm } from '../form';
import { useForm } from '../form';

const { act } = React;

let form: IForm<'name' | 'age'>;
let root: Root;
let host: HTMLElement;

function Form(): JSX.Element {
  form = useForm(['name', 'age']);
  return (
    <form ref={form.ref}>
      {(['name', 'age'] as const).map(one => (
        <TextField
          key={one}
          id={one}
          label={one}
          value=""
          error={form.refused[one]}
          onChange={() => undefined}
        />
      ))}
    </form>
  );
}

function refusal(...paths: string[]): InvalidError {
  return new InvalidError(422, {
    code: 'validation_failed',
    message: 'No.',
    request_id: 'r',
    fields: paths.map(path => ({ path, code: 'x', message: `Bad ${path}` }))
  });
}

const reject = (error: Error): Promise<void> =>
  act(() => form.send({}, () => Promise.reject(error)));

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  host = document.body.appendChild(document.createElement('div'));
  root = createRoot(host);
  act(() => root.render(<Form />));
});

afterEach(() => {
  act(() => root.unmount());
  host.remove();
});

describe('a form', () => {
  it('is sent once at a time and says what was done', async () => {
    const sent: string[] = [];
    let finish = (_: string): void => undefined;
    const first = form.send({}, () => {
      sent.push('first');
      return new Promise<string>(resolve => (finish = resolve));
    });
    await act(() =>
      form.send({}, () => Promise.resolve(void sent.push('second')))
    );
    expect(form.isBusy).toBe(true);
    await act(async () => {
      finish('Done.');
      await first;
    });
    expect(sent).toEqual(['first']);
    expect(form).toMatchObject({ said: 'Done.', isBusy: false, error: null });
  });

  it('is not sent while something is wrong, and goes there', async () => {
    let sent = 0;
    await act(() =>
      form.send({ age: 'Too young.' }, () => Promise.resolve(void (sent += 1)))
    );
    expect(sent).toBe(0);
    await new Promise(requestAnimationFrame);
    expect(document.activeElement?.id).toBe('age');
    act(() => form.touch('age'));
    expect(form.refused.age).toBeUndefined();
  });

  it('shows a refusal at the fields, and says what no field can say', async () => {
    await reject(refusal('name', 'age'));
    expect(form.refused).toEqual({ name: 'Bad name', age: 'Bad age' });
    expect(form.error).toBeNull();
    const other = refusal('name', 'shoes');
    await reject(other);
    expect(form.refused).toEqual({ name: 'Bad name' });
    expect(form.error).toBe(other);
    const none = new Error('Broken');
    await reject(none);
    expect(form.refused).toEqual({});
    expect(form.error).toBe(none);
  });
});
