/**
 * What a token may do, in words, and the few choices that a person has.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ApiTokenInfo } from '../api/models';

/** A choice in the form: some scopes that belong together. */
export interface IScopeChoice {
  id: string;
  label: string;
  scopes: readonly string[];
}

const LIBRARY = ['workflows', 'layouts', 'projects'];

/** Every token may read whose it is: clients ask for that first. */
const ALWAYS = ['profile:read'];

/** Days that a token may live. */
export const LIFETIMES = [7, 30, 90, 180, 366] as const;

/** The choices, from the harmless to the far-reaching. */
export function scopeChoices(trans: TranslationBundle): IScopeChoice[] {
  return [
    {
      id: 'read',
      label: trans.__('Read workflows, layouts and projects'),
      scopes: LIBRARY.map(one => `${one}:read`)
    },
    {
      id: 'market',
      label: trans.__('Read market data'),
      scopes: ['market:read']
    },
    {
      id: 'write',
      label: trans.__('Change and delete workflows, layouts and projects'),
      scopes: LIBRARY.flatMap(one => [`${one}:read`, `${one}:write`])
    },
    {
      id: 'transfer',
      label: trans.__('Export and import everything'),
      scopes: ['transfer']
    }
  ];
}

/** The scopes of the chosen ones. */
export function chosenScopes(
  choices: readonly IScopeChoice[],
  chosen: ReadonlySet<string>
): string[] {
  const scopes = choices
    .filter(one => chosen.has(one.id))
    .flatMap(one => one.scopes);
  return [...new Set([...ALWAYS, ...scopes])].sort();
}

/** What scopes let somebody do, in words; one that is not known is named as it is. */
export function scopeWords(
  scopes: readonly string[],
  trans: TranslationBundle
): string[] {
  const choices = scopeChoices(trans);
  const has = (wanted: readonly string[]): boolean =>
    wanted.every(one => scopes.includes(one));
  const write = choices.find(one => one.id === 'write');
  const whole = choices.filter(
    one =>
      has(one.scopes) &&
      !(one.id === 'read' && write !== undefined && has(write.scopes))
  );
  const said = new Set([...ALWAYS, ...whole.flatMap(one => one.scopes)]);
  const rest = scopes.filter(one => !said.has(one));
  const words = [...whole.map(one => one.label), ...rest];
  return words.length > 0 ? words : [trans.__('Read who you are')];
}

/** Whether a token has ended by itself. */
export function isExpired(token: ApiTokenInfo, now: number): boolean {
  return Date.parse(token.expires_at) <= now;
}
