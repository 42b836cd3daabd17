import { ask, complain, find, finish, offerLink, onSubmit, token } from './page.js';

const password = find('password');
const hint = find('password-hint');
let least = 12;

/** Characters as the service counts them. */
const length = () => Array.from(password.value.normalize('NFC')).length;

function showHint() {
  hint.textContent =
    length() === 0
      ? `At least ${least} characters. Several words in a row are easy to remember and hard to guess.`
      : length() < least
        ? `${length()} of at least ${least} characters.`
        : 'Long enough. The service refuses what is easy to guess.';
}

if (token === null) {
  offerLink('forgot-password');
} else {
  find('reset').hidden = false;
  showHint();
  password.addEventListener('input', showHint);
  find('show').addEventListener('change', event => {
    password.type = event.target.checked ? 'text' : 'password';
  });
  // What this installation asks for; without an answer the service says it when the form is sent.
  fetch('../api/auth/config')
    .then(answer => answer.json())
    .then(config => {
      least = config.password_min ?? least;
      showHint();
    })
    .catch(() => undefined);
  onSubmit(find('reset'), async () => {
    if (length() < least) {
      complain(`Use at least ${least} characters.`, password);
      return;
    }
    const error = await ask('reset-password', {
      token,
      new_password: password.value
    });
    if (!error) {
      password.value = '';
      finish('Your password is changed. You can sign in with it now and close this page.');
    } else if (error.code === 'link_invalid') {
      offerLink('forgot-password', error.message);
    } else {
      complain(error.fields?.[0]?.message ?? error.message, password);
    }
  });
}
