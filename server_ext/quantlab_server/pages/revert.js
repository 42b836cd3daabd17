import { ask, complain, find, finish, onSubmit, token } from './page.js';

if (token === null) {
  complain('This page is opened by a link in a mail.');
} else {
  find('confirm').hidden = false;
  onSubmit(find('confirm'), async () => {
    const error = await ask('revert-email', { token });
    if (error) {
      complain(error.message);
    } else {
      finish('The address is yours again. Look into your mail for a link to choose a new password.');
    }
  });
}
