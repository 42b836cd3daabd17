import { describe, expect, it } from 'vitest';

import { neighbour } from '../grid';

// Two rows of three, then a row of one further down.
const BOXES = [0, 1, 2, 3, 4, 5, 6].map(index => ({
  left: (index % 3) * 100,
  top: Math.floor(index / 3) * 60,
  bottom: Math.floor(index / 3) * 60 + 50
}));

describe('arrows between cards', () => {
  it('goes along the row and on to the next', () => {
    expect(neighbour(BOXES, 2, 'ArrowRight')).toBe(3);
    expect(neighbour(BOXES, 3, 'ArrowLeft')).toBe(2);
    expect(neighbour(BOXES, 0, 'ArrowLeft')).toBeNull();
    expect(neighbour(BOXES, 6, 'ArrowRight')).toBeNull();
  });

  it('goes to what is below or above, or nearest to it', () => {
    expect(neighbour(BOXES, 1, 'ArrowDown')).toBe(4);
    expect(neighbour(BOXES, 4, 'ArrowUp')).toBe(1);
    expect(neighbour(BOXES, 5, 'ArrowDown')).toBe(6);
    expect(neighbour(BOXES, 6, 'ArrowDown')).toBeNull();
    expect(neighbour(BOXES, 0, 'ArrowUp')).toBeNull();
  });
});
