import { complain, find, finish, onSubmit, token } from './page.js';

const ROLES = { user: 'member', admin: 'administrator', operator: 'operator' };

/** Asks the service. `said` is its answer; `error` why there is none. The access token stays in this function's hands. */
async function call(path, body, access = null) {
  const headers = { 'Content-Type': 'application/json' };
  if (access) {
    headers['X-QuantLab-Session'] = access;
  }
  try {
    const answer = await fetch(`../api/auth/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body)
    });
    const said = await answer.json();
    return answer.ok ? { said, status: answer.status } : { error: said.error };
  } catch {
    return { error: { code: 'unreachable', message: 'The service does not answer. Nothing was changed; try again.' } };
  }
}

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
  const made = await call('register', { ...body, invitation: token });
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

onSubmit(find('move'), async () => {
  const body = { login: find('login').value, password: find('current').value };
  if (find('otp').value) {
    body.otp = find('otp').value;
  }
  const signedIn = await call('login', body);
  if (signedIn.error) {
    if (signedIn.error.code === 'otp_required') {
      find('otp-row').hidden = false;
    }
    refuse(signedIn.error, {});
    return;
  }
  const joined = await call('invitation/accept', { token }, signedIn.said.access_token);
  if (joined.error) {
    refuse(joined.error, {});
    return;
  }
  find('current').value = find('otp').value = '';
  finish(`You belong to “${offered.tenant}”. Your items moved with you; sign in again where you work.`);
});
