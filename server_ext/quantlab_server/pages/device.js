// The page on which a person lets a device in. The access token lives in this module only; the refresh token is an
// HttpOnly cookie that the page never sees.

import { post, whenAsked } from './send.js';

const WORDS = {
  'workflows:read': 'read your workflows',
  'workflows:write': 'change and delete your workflows',
  'layouts:read': 'read your chart layouts',
  'layouts:write': 'change and delete your chart layouts',
  'projects:read': 'read your projects',
  'projects:write': 'change and delete your projects',
  'profile:read': 'read your name and address',
  'market:read': 'read market data',
  transfer: 'export and import everything'
};

const at = id => document.getElementById(id);
const steps = ['sign-in', 'code-form', 'decision'];
let token = null;

class Problem extends Error {
  constructor(code, message, status = 0) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

async function call(path, body) {
  const { said, error, status } = await post(path, body, token ? { 'X-QuantLab-Session': token } : {});
  if (error) {
    throw new Problem(error.code, error.fields?.[0]?.message ?? error.message, status);
  }
  return said;
}

function show(step, words, bad = false) {
  for (const id of steps) {
    at(id).hidden = id !== step;
  }
  const status = at('status');
  status.textContent = words;
  status.classList.toggle('bad', bad);
  // What is to be read before anything is decided comes first; the last word too is read from the top.
  const first = step === 'sign-in' || step === 'code-form' ? at(step).querySelector('input') : null;
  (first ?? document.querySelector('h1')).focus();
}

function say(problem) {
  const status = at('status');
  status.textContent = problem.message;
  status.classList.add('bad');
}

function on(id, event, act) {
  whenAsked(at(id), event, async () => {
    try {
      await act();
    } catch (problem) {
      if (problem.code === 'not_signed_in') {
        token = null;
        show('sign-in', problem.message, true);
      } else {
        say(problem);
      }
    }
  });
}

async function askForCode() {
  if (at('code').value) {
    await look();
  } else {
    show('code-form', 'You are signed in.');
  }
}

async function look() {
  let found;
  try {
    found = await call('device/request', { user_code: at('code').value });
  } catch (problem) {
    if (problem.code === 'not_signed_in') {
      throw problem;
    }
    show('code-form', problem.message, true);
    return;
  }
  at('client').textContent = found.client_name;
  at('address').textContent = found.address;
  at('scopes').replaceChildren(
    ...found.scopes.map(scope => {
      const item = document.createElement('li');
      item.textContent = WORDS[scope] ?? scope;
      return item;
    })
  );
  show('decision', `A device asks to be let in with the code ${at('code').value.toUpperCase()}.`);
}

on('sign-in', 'submit', async () => {
  const body = { login: at('login').value, password: at('password').value };
  if (at('otp').value) {
    body.otp = at('otp').value;
  }
  try {
    token = (await call('login', body)).access_token;
  } catch (problem) {
    if (problem.code === 'otp_required') {
      at('otp-row').hidden = false;
      at('otp').focus();
    }
    throw problem;
  }
  at('password').value = at('otp').value = '';
  await askForCode();
});

on('code-form', 'submit', look);

// Whoever has both a password and a second factor gives both.
const PROOFS = { password: 'again', otp: 'again-otp' };

async function askForProof() {
  const asked = await call('step-up/options', {});
  at('again-row').hidden = !asked.password;
  at('again-otp-row').hidden = !asked.code;
  at('proof').hidden = false;
  if (!asked.password && !asked.code) {
    throw new Problem(
      'step_up_required',
      'Your account has nothing to confirm it by on this page. Connect the device in JupyterLab, or choose a password there by “Forgot password?”.'
    );
  }
  at(asked.password ? 'again' : 'again-otp').focus();
  throw new Problem('step_up_required', 'Confirm that it is you, then let it in.');
}

async function prove() {
  const body = {};
  for (const [name, id] of Object.entries(PROOFS)) {
    if (!at(`${id}-row`).hidden) {
      body[name] = at(id).value;
    }
  }
  token = (await call('step-up', body)).access_token;
  at('again').value = at('again-otp').value = '';
  at('proof').hidden = true;
}

on('decision', 'submit', async () => {
  if (!at('proof').hidden) {
    await prove();
  }
  try {
    await call('device/approve', { user_code: at('code').value });
  } catch (problem) {
    if (problem.code === 'step_up_required') {
      await askForProof();
    }
    throw problem;
  }
  show(null, 'The device is let in. You can close this page.');
});

on('deny', 'click', async () => {
  await call('device/deny', { user_code: at('code').value });
  show(null, 'The device was not let in. You can close this page.');
});

// The code comes in the fragment, which is sent to nobody; it is only filled in, never used by itself.
function codeOfLink() {
  try {
    return decodeURIComponent(location.hash.slice(1)).slice(0, 40);
  } catch {
    // A link that was cut off: the person types the code.
    return '';
  }
}

at('code').value = codeOfLink();
history.replaceState(null, '', location.pathname);
try {
  token = (await call('refresh', {})).access_token;
  await askForCode();
} catch (problem) {
  const isNobody = problem.status === 401;
  show('sign-in', isNobody ? 'Sign in to connect a device.' : problem.message, !isNobody);
}
