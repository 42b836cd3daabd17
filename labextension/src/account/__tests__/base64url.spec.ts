import { describe, expect, it } from 'vitest';

import { decode, encode } from '../base64url';

describe('base64url', () => {
  it('has no padding and nothing that addresses treat specially', () => {
    expect(encode(new Uint8Array([0xfb, 0xff, 0xfe, 0]))).toBe('-__-AA');
  });

  it('comes back, whatever the bytes', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    expect(new Uint8Array(decode(encode(bytes)))).toEqual(bytes);
  });
});
