/**
 * A password's strength in words.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IStrength } from './strength';

/** One word for it. */
export function strengthWord(
  score: number,
  isShort: boolean,
  trans: TranslationBundle
): string {
  if (isShort) {
    return trans.__('Too short.');
  }
  return [
    trans.__('Very weak.'),
    trans.__('Weak.'),
    trans.__('Fair.'),
    trans.__('Good.'),
    trans.__('Strong.')
  ][score];
}

/** What would make it stronger; empty when it is strong enough. */
export function adviceWords(
  strength: IStrength,
  trans: TranslationBundle
): string {
  if (strength.score > 2) {
    return '';
  }
  switch (strength.warning) {
    case 'straightRow':
    case 'keyPattern':
      return trans.__('Rows and patterns of the keyboard are easy to guess.');
    case 'simpleRepeat':
    case 'extendedRepeat':
      return trans.__('Repeated characters or words are easy to guess.');
    case 'sequences':
      return trans.__('Sequences like abc or 6543 are easy to guess.');
    case 'recentYears':
    case 'dates':
      return trans.__('Years and dates are easy to guess.');
    case 'topTen':
    case 'topHundred':
    case 'common':
    case 'similarToCommon':
      return trans.__('This is much like passwords that many people use.');
    case 'wordByItself':
    case 'namesByThemselves':
    case 'commonNames':
      return trans.__('One word or name alone is easy to guess.');
    case 'userInputs':
      return trans.__('Your name and address are easy to guess.');
    default:
      return trans.__('Add another word or two, less common ones.');
  }
}
