/**
 * The field for a password that is being chosen, with its strength. What is refused is the service's to say.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { PasswordField } from '../ui/fields';
import type { PasswordLimits } from './forms';
import { passwordHint, passwordLength } from './forms';
import type { estimate, IStrength } from './strength';
import { adviceWords, strengthWord } from './strengthWords';

type Estimate = typeof estimate;

/** A field for a new password; `own` are words that say who the person is. */
export function NewPasswordField(props: {
  id: string;
  label: string;
  value: string;
  limits: PasswordLimits;
  own: string[];
  error?: string | null;
  onChange: (value: string) => void;
  onBlur?: () => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { limits, own, value, trans } = props;
  const [estimator, setEstimator] = React.useState<Estimate | null>(null);
  const load = (): void => {
    if (!estimator) {
      // Without it the field is as good as before: a hint by length, and the service's answer.
      import('./strength').then(
        module => setEstimator(() => module.estimate),
        () => undefined
      );
    }
  };
  // Typing never waits for the estimate.
  const looked = React.useDeferredValue(value);
  const known = own.join('\n');
  const strength = React.useMemo(
    () =>
      estimator && looked !== ''
        ? estimator(looked, known.split('\n').filter(Boolean))
        : null,
    [estimator, looked, known]
  );
  return (
    // Focus comes up from the input, whoever put it there.
    <div className="jp-QuantLab-NewPassword" onFocus={load}>
      <PasswordField
        id={props.id}
        label={props.label}
        value={value}
        autoComplete="new-password"
        error={props.error}
        hint={passwordHint(value, limits, trans)}
        onChange={props.onChange}
        onBlur={props.onBlur}
        trans={trans}
      />
      {strength ? (
        <Meter
          strength={strength}
          isShort={passwordLength(looked) < limits.password_min}
          trans={trans}
        />
      ) : null}
    </div>
  );
}

function Meter(props: {
  strength: IStrength;
  isShort: boolean;
  trans: TranslationBundle;
}): JSX.Element {
  const { trans } = props;
  // What is too short is refused, however hard to guess.
  const score = props.isShort ? 0 : props.strength.score;
  const word = strengthWord(score, props.isShort, trans);
  const advice = adviceWords(props.strength, trans);
  return (
    <div className="jp-QuantLab-Strength" data-score={score}>
      <div
        className="jp-QuantLab-Strength-bars"
        role="meter"
        aria-label={trans.__('Password strength')}
        aria-valuemin={0}
        aria-valuemax={4}
        aria-valuenow={score}
        aria-valuetext={word}
      >
        {[1, 2, 3, 4].map(bar => (
          <span key={bar} data-on={bar <= Math.max(score, 1) || undefined} />
        ))}
      </div>
      <p role="status" className="jp-QuantLab-Field-hint">
        <strong>{word}</strong>
        {advice ? ` ${advice}` : null}
      </p>
    </div>
  );
}
