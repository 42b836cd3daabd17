/** What the account page shows: the form to sign in or up, or a section by its id (`sections.ts`); `''`: the first. */
export type AccountPage = string;

/** The first section. */
export const OVERVIEW = '';

export const ACCOUNT_WIDGET = 'jp-quantlab-account';

/** Whether it is a form and no section. */
export function isForm(page: AccountPage): boolean {
  return page === 'sign-in' || page === 'sign-up';
}
