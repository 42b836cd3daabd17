import { ask, complain, find, finish, offerLink, onSubmit, token } from './page.js';

const username = find('username');

if (token === null) {
  offerLink('verify-email/resend');
} else {
  find('confirm').hidden = false;
  onSubmit(find('confirm'), async () => {
    const chosen = find('name').hidden ? null : username.value.trim();
    const error = await ask('verify-email', { token, username: chosen || null });
    if (!error) {
      finish('Your address is confirmed. You can sign in now and close this page.');
    } else if (error.code === 'link_invalid') {
      offerLink('verify-email/resend', error.message);
    } else if (error.code === 'username_needed' && find('name').hidden) {
      find('name').hidden = false;
      username.focus();
    } else {
      complain(
        error.fields?.[0]?.message ?? error.message,
        find('name').hidden ? null : username
      );
    }
  });
}
