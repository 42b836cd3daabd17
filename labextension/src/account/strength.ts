/**
 * How hard a password is to guess, estimated in the page. Fetched when somebody chooses a password: it brings
 * the words that people use.
 */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';

// What is longer is hard to guess anyway, and would make typing slow.
const LOOKED_AT = 64;

const estimator = new ZxcvbnFactory({
  dictionary,
  graphs: adjacencyGraphs,
  // Ways to read p4$$w0rd: beyond so many, typing would stutter.
  l33tMaxSubstitutions: 16
});

/** A password's strength: 0 (guessed at once) to 4, and the estimator's key of what is wrong with it, if anything. */
export interface IStrength {
  score: 0 | 1 | 2 | 3 | 4;
  warning: string | null;
}

/** Estimate it; `own` are words that say who the person is. */
export function estimate(password: string, own: string[]): IStrength {
  const words = [...own.flatMap(word => [word, ...word.split(/[@.\s_-]/)])];
  const { score, feedback } = estimator.check(
    password.slice(0, LOOKED_AT),
    [...words, 'quantlab', 'jupyter'].filter(word => word.length > 2)
  );
  return { score, warning: feedback.warning };
}
