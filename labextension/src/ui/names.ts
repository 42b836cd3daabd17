/**
 * The rules for names and tags, as the service has them: said while typing instead of after sending.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

export const NAME_MAX = 200;
export const TAG_MAX = 50;
export const TAGS_MAX = 30;
export const DESCRIPTION_MAX = 4000;

// Bidirectional controls can make one name look like another.
const BIDI = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/u;
const CONTROL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

export type NameProblem = 'empty' | 'too_long' | 'invalid_character';

/** The stored form: NFC, outer white space removed. */
export function cleanName(value: string): string {
  return value.normalize('NFC').trim();
}

/** What is wrong with a name, or null. Characters are counted as people count code points. */
export function nameProblem(value: string, max = NAME_MAX): NameProblem | null {
  const name = cleanName(value);
  if (name === '') {
    return 'empty';
  }
  if (Array.from(name).length > max) {
    return 'too_long';
  }
  return name.includes('/') || BIDI.test(name) || CONTROL.test(name)
    ? 'invalid_character'
    : null;
}

/** A problem in words. */
export function nameMessage(
  problem: NameProblem,
  trans: TranslationBundle,
  max = NAME_MAX
): string {
  switch (problem) {
    case 'empty':
      return trans.__('Give it a name.');
    case 'too_long':
      return trans.__('Use at most %1 characters.', max);
    case 'invalid_character':
      return trans.__('Names may not contain “/” or control characters.');
  }
}

/** Two names that the service takes for one: NFC and case folding. */
export function sameName(a: string, b: string): boolean {
  return fold(a) === fold(b);
}

/** Tags with one more; the list itself when it is there already in any case, is empty or is too much. */
export function withTag(tags: readonly string[], value: string): string[] {
  const tag = cleanName(value);
  const known = tags.some(other => fold(other) === fold(tag));
  return known || nameProblem(tag, TAG_MAX) !== null || tags.length >= TAGS_MAX
    ? [...tags]
    : [...tags, tag];
}

function fold(value: string): string {
  // JavaScript has no casefold; upper then lower joins the pairs that matter (ß and ss, final sigma).
  return cleanName(value).toUpperCase().toLowerCase();
}
