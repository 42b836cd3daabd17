import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import { chosenScopes, scopeChoices, scopeWords } from '../scopes';

const trans = nullTranslator.load('quantlab');
const choices = scopeChoices(trans);

describe('the scopes of a token', () => {
  it('are those of what was chosen, each once, and always who it is', () => {
    expect(chosenScopes(choices, new Set())).toEqual(['profile:read']);
    expect(chosenScopes(choices, new Set(['market']))).toEqual([
      'market:read',
      'profile:read'
    ]);
    const all = chosenScopes(choices, new Set(choices.map(one => one.id)));
    expect(new Set(all).size).toBe(all.length);
    expect(all).toHaveLength(9);
  });

  it('are said in words, and changing includes reading', () => {
    for (const { id, label } of choices) {
      const scopes = chosenScopes(choices, new Set([id]));
      expect(scopeWords(scopes, trans)).toEqual([label]);
    }
    const both = chosenScopes(choices, new Set(['read', 'write']));
    expect(scopeWords(both, trans)).toHaveLength(1);
  });

  it('of a part or of a newer version are named', () => {
    expect(scopeWords(['profile:read', 'workflows:read'], trans)).toEqual([
      'workflows:read'
    ]);
    expect(scopeWords(['orders:new'], trans)).toEqual(['orders:new']);
    expect(scopeWords(['profile:read'], trans)).toEqual(['Read who you are']);
  });
});
