/**
 * Asking the service, once at a time, in words for every way that it can fail.
 */

/** Longer than the service needs for anything here. Milliseconds. */
const TIMEOUT = 30_000;

/**
 * Sends to the service. Resolves with the status (0: no answer), what it said, and the error's body; `error` is null
 * when, and only when, it was done.
 */
export async function post(path, body, headers = {}) {
  let answer;
  let text;
  try {
    answer = await fetch(`../api/auth/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT)
    });
    text = await answer.text();
  } catch {
    const message = 'The service does not answer. Check the connection and try again.';
    return { status: 0, said: null, error: { code: 'unreachable', message } };
  }
  const said = parse(text);
  if (answer.ok && said !== null) {
    return { status: answer.status, said, error: null };
  }
  // Something in between answers in its own words, or with a page.
  const error =
    typeof said?.error?.message === 'string'
      ? said.error
      : {
          code: `http_${answer.status}`,
          message: `The service cannot be used at the moment (${answer.status}). Wait a little and try again.`
        };
  return { status: answer.status, said: null, error };
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return null;
  }
}

let isBusy = false;

/** Lets the page do one thing at a time; the button says that it is under way. */
export function whenAsked(element, event, act) {
  element.addEventListener(event, async happened => {
    happened.preventDefault();
    if (isBusy) {
      return;
    }
    isBusy = true;
    const button = happened.submitter ?? element.querySelector('button') ?? element;
    const words = button.textContent;
    button.textContent = 'One moment…';
    button.setAttribute('aria-disabled', 'true');
    try {
      await act();
    } finally {
      button.textContent = words;
      button.removeAttribute('aria-disabled');
      isBusy = false;
    }
  });
}
