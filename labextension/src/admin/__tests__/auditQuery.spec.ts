import { describe, expect, it } from 'vitest';

import { EVERYTHING, isInOrder, queryOf } from '../auditQuery';

describe('what the audit log is narrowed to', () => {
  it('is nothing at first', () => {
    expect(JSON.stringify(queryOf(EVERYTHING))).toBe('{}');
  });

  it('is whole days here, the last one included', () => {
    const days = { ...EVERYTHING, from: '2031-05-17', to: '2031-05-17' };
    expect(queryOf(days)).toEqual({
      since: new Date(2031, 4, 17).toISOString(),
      until: new Date(2031, 4, 18).toISOString()
    });
  });

  it('is whom it concerns, or who acted', () => {
    const person = { ...EVERYTHING, person: 'p' };
    expect(queryOf(person)).toMatchObject({ user: 'p' });
    expect(queryOf({ ...person, part: 'actor' })).toMatchObject({ actor: 'p' });
  });

  it('knows when the days are the wrong way round', () => {
    const days = { ...EVERYTHING, from: '2031-05-17', to: '2031-05-16' };
    expect(isInOrder(days)).toBe(false);
    expect(isInOrder({ ...days, to: '2031-05-17' })).toBe(true);
    expect(isInOrder({ ...days, to: '' })).toBe(true);
  });
});
