import { expect, it, vi } from 'vitest';

import { takeMailedLink } from '../mailed';

function open(hash: string): {
  location: Location;
  history: History;
  replaced: ReturnType<typeof vi.fn>;
} {
  const replaced = vi.fn();
  return {
    location: { hash, pathname: '/lab', search: '?reset' } as Location,
    history: { state: 7, replaceState: replaced } as unknown as History,
    replaced
  };
}

it('takes the token of a mailed link out of the address', () => {
  const { location, history, replaced } = open('#quantlab-reset=qlo_a-b_9');
  expect(takeMailedLink(location, history)).toEqual({
    kind: 'reset',
    token: 'qlo_a-b_9'
  });
  expect(replaced).toHaveBeenCalledWith(7, '', '/lab?reset');
});

it('takes the token of an invitation out of the address', () => {
  const { location, history, replaced } = open('#quantlab-invitation=a-b_9');
  expect(takeMailedLink(location, history)).toEqual({
    kind: 'invitation',
    token: 'a-b_9'
  });
  expect(replaced).toHaveBeenCalledWith(7, '', '/lab?reset');
});

it.each(['', '#', '#heading', '#quantlab-other=qlo_a', '#quantlab-reset=x'])(
  'leaves %j alone',
  hash => {
    const { location, history, replaced } = open(hash);
    expect(takeMailedLink(location, history)).toBeNull();
    expect(replaced).not.toHaveBeenCalled();
  }
);
