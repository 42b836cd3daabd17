/**
 * What the pages share: the token of the link, asking the service, and saying what happened.
 */
import { post, whenAsked } from './send.js';

/** The token of the link. It leaves the address bar at once, so that neither history nor a shared screen keeps it. */
export const token = new URLSearchParams(location.hash.slice(1)).get('token');
history.replaceState(null, '', location.pathname);
// Another link opened in this tab only changes the fragment: read it too.
addEventListener('hashchange', () => location.reload());

export const find = id => document.getElementById(id);

/** Asks the service. Resolves with the error's body, or null when it was done. */
export async function ask(path, body) {
  return (await post(path, body)).error;
}

/** Says what went wrong, at its field where there is one; nothing: all is well. */
export function complain(text, field = null) {
  const place = find('problem');
  for (const input of document.querySelectorAll('[aria-errormessage]')) {
    input.removeAttribute('aria-errormessage');
    input.removeAttribute('aria-invalid');
  }
  place.hidden = !text;
  place.textContent = text ?? '';
  if (text && field) {
    field.setAttribute('aria-errormessage', 'problem');
    field.setAttribute('aria-invalid', 'true');
    field.focus();
  }
}

/** The page's work is done. */
export function finish(text) {
  for (const form of document.forms) {
    form.hidden = true;
  }
  complain(null);
  find('done').textContent = text;
  find('done').hidden = false;
  document.querySelector('h1').focus();
}

/** Lets a form be sent once at a time. */
export function onSubmit(form, act) {
  whenAsked(form, 'submit', async () => {
    complain(null);
    await act();
  });
}

/** The form that asks for another link; `path` is the route. */
export function offerLink(path, reason = null) {
  const form = find('again');
  for (const other of document.forms) {
    other.hidden = other !== form;
  }
  complain(reason);
  const email = find('email');
  onSubmit(form, async () => {
    if (!/^[^@\s]+@[^@\s]+$/u.test(email.value.trim())) {
      complain('Enter an e-mail address, like name@example.org.', email);
      return;
    }
    const error = await ask(path, { email: email.value.trim() });
    if (error) {
      complain(error.message, email);
    } else {
      finish(
        'If there is an account that this is for, a mail is on its way to that address.'
      );
    }
  });
}
