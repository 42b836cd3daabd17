/** What the account page shows: the form to sign in or up, or a section by its id (`sections.ts`); `''`: the first. */
export type AccountPage = string;

/** The first section. */
export const OVERVIEW = '';

export const ACCOUNT_WIDGET = 'jp-quantlab-account';

/** What is no section: forms to sign in and up, to ask for a new password, and what a mailed link leads to. */
const FORMS: readonly AccountPage[] = [
  'sign-in',
  'sign-up',
  'forgot',
  'mailed'
];

/** Whether it is a form and no section. */
export function isForm(page: AccountPage): boolean {
  return FORMS.includes(page);
}
