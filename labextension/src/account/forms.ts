/**
 * What the sign-in and sign-up forms say about what is typed. Only what helps: the service has the last word.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { AuthConfig } from '../api/models';
import { nameMessage, nameProblem } from '../ui/names';

export type SignUpValues = {
  username: string;
  email: string;
  password: string;
  /** An invitation's link or token, where it is asked for. */
  invitation?: string;
};

export type SignInValues = { login: string; password: string };

/** The limits of passwords as the service has them. */
export type PasswordLimits = Pick<AuthConfig, 'password_min' | 'password_max'>;

export const DEFAULT_LIMITS: PasswordLimits = {
  password_min: 12,
  password_max: 128
};

export type Errors<T> = Partial<Record<keyof T, string>>;

/** What is wrong with a sign-up, by field. */
export function signUpErrors(
  values: SignUpValues,
  limits: PasswordLimits,
  trans: TranslationBundle,
  asksInvitation = false
): Errors<SignUpValues> {
  const errors: Errors<SignUpValues> = {};
  if (asksInvitation && tokenOf(values.invitation ?? '') === '') {
    errors.invitation = trans.__(
      'Signing up needs an invitation here. Ask an administrator for one.'
    );
  }
  const name = nameProblem(values.username);
  if (name) {
    errors.username =
      name === 'empty'
        ? trans.__('Choose a username.')
        : nameMessage(name, trans);
  }
  if (!isEmail(values.email)) {
    errors.email = trans.__('Enter an e-mail address, like name@example.org.');
  }
  const length = passwordLength(values.password);
  if (length < limits.password_min) {
    errors.password = trans.__(
      'Use at least %1 characters.',
      limits.password_min
    );
  } else if (length > limits.password_max) {
    errors.password = trans.__(
      'Use at most %1 characters.',
      limits.password_max
    );
  }
  return errors;
}

/** The token of an invitation that was typed in, as a link or by itself. */
export function tokenOf(text: string): string {
  return text.trim().replace(/^.*=/, '');
}

/** Whether it looks like an address; the service looks closer. */
export function isEmail(text: string): boolean {
  return /^[^@\s]+@[^@\s]+$/u.test(text.trim());
}

/** What is wrong with a sign-in, by field. */
export function signInErrors(
  values: SignInValues,
  trans: TranslationBundle
): Errors<SignInValues> {
  const errors: Errors<SignInValues> = {};
  if (values.login.trim() === '') {
    errors.login = trans.__('Enter your e-mail address or username.');
  }
  if (values.password === '') {
    errors.password = trans.__('Enter your password.');
  }
  return errors;
}

/** Characters as the service counts them: code points after NFC. */
export function passwordLength(password: string): number {
  return Array.from(password.normalize('NFC')).length;
}

/** A hint by length: that is what makes a password hard to guess. */
export function passwordHint(
  password: string,
  limits: PasswordLimits,
  trans: TranslationBundle
): string {
  const length = passwordLength(password);
  if (length === 0) {
    return trans.__(
      'At least %1 characters. Several words in a row are easy to remember and hard to guess.',
      limits.password_min
    );
  }
  if (length < limits.password_min) {
    return trans.__(
      '%1 of at least %2 characters.',
      length,
      limits.password_min
    );
  }
  return length < limits.password_min + 6
    ? trans.__('Long enough. A few characters more make it stronger.')
    : trans.__('Good length.');
}
