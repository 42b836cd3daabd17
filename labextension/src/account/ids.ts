/** Where the account widget opens. */
export type AccountPage = 'overview' | 'sign-in' | 'sign-up';

export const ACCOUNT_WIDGET = 'jp-quantlab-account';
