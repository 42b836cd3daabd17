import { complain, find, finish, onSubmit, token } from './page.js';
import { post } from './send.js';

const ROLES = { user: 'member', admin: 'administrator', operator: 'operator' };

/** Asks the service. The access token stays in this page's hands, and no cookie of a session is left behind. */
const call = (path, body, access = null) =>
  post(path, body, access ? { 'X-QuantLab-Session': access } : {});

function refuse(error, fields) {
  const first = error.fields?.[0];
  complain(first?.message ?? error.message, fields[first?.path] ?? null);
}

const { said: offered, error } = await call('invitation', { token: token ?? '-' });
if (error) {
  find('offer').textContent = error.message;
} else {
  find('offer').textContent =
    `${offered.invited_by} invites you to “${offered.tenant}” as ${ROLES[offered.role]}.`;
  find('sign-up').hidden = false;
  find('email').value = offered.email ?? '';
}

find('have').addEventListener('click', () => {
  complain(null);
  find('sign-up').hidden = true;
  find('move').hidden = false;
  find('login').focus();
});

onSubmit(find('sign-up'), async () => {
  const fields = { username: find('username'), email: find('email'), password: find('password') };
  const body = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field.value])
  );
  const made = await call('register', { ...body, invitation: token, transport: 'body' });
  if (made.error) {
    refuse(made.error, fields);
    return;
  }
  fields.password.value = '';
  finish(
    made.status === 201
      ? 'Your account is made. You can sign in with it and close this page.'
      : 'A message is on its way to your address. Follow its link, then sign in.'
  );
});

// Whose account moves. A code is good once, so what fails after it is tried again without another one.
let access = null;
find('move').addEventListener('input', () => (access = null));

async function signIn() {
  const body = { login: find('login').value, password: find('current').value, transport: 'body' };
  const otp = find('otp');
  if (otp.value) {
    body.otp = otp.value;
  }
  const { said, error: refused } = await call('login', body);
  if (!refused) {
    access = said.access_token;
    return true;
  }
  if (refused.code === 'otp_required') {
    find('otp-row').hidden = false;
    complain(refused.message);
    otp.focus();
  } else if (refused.code === 'account_leaving') {
    complain('This account is going to be deleted. Sign in where you work to keep it, then open this link again.');
  } else {
    refuse(refused, {});
  }
  return false;
}

onSubmit(find('move'), async () => {
  if (access === null && !(await signIn())) {
    return;
  }
  const joined = await call('invitation/accept', { token, transport: 'body' }, access);
  if (joined.error) {
    if (joined.error.code === 'not_signed_in' || joined.error.code === 'step_up_required') {
      access = null;
    }
    refuse(joined.error, {});
    return;
  }
  find('current').value = find('otp').value = '';
  // Nobody stays signed in by this page. If that cannot be said now, the session ends by itself.
  await call('logout', {}, joined.said.access_token);
  finish(`You belong to “${offered.tenant}”. Your items moved with you; sign in again where you work.`);
});
