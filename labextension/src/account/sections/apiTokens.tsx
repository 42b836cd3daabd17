/**
 * Personal API tokens: making one, the list of all, ending one.
 */
import * as React from 'react';

import type { ApiTokenInfo, NewApiToken } from '../../api/models';
import { confirmAct } from '../../ui/confirm';
import { Field, TextField } from '../../ui/fields';
import { fullTime, relativeTime, until } from '../../ui/format';
import { Loading, useLoaded } from '../../ui/loaded';
import { ShownOnce } from '../../ui/shownOnce';
import { EmptyState, ErrorBox } from '../../ui/states';
import {
  LIFETIMES,
  chosenScopes,
  isExpired,
  scopeChoices,
  scopeWords
} from '../scopes';
import type { IAccountSectionProps } from '../sections';

export default function ApiTokensSection(
  props: IAccountSectionProps
): JSX.Element {
  const { client, trans } = props;
  const loaded = useLoaded(signal => client.apiTokens(signal), [client]);
  const [made, setMade] = React.useState<NewApiToken | null>(null);
  return (
    <>
      <p>
        {trans.__(
          'A token lets a script or another machine work as you. It is shown once: keep it like a password.'
        )}
      </p>
      {made ? (
        <div className="jp-QuantLab-Form jp-QuantLab-Account-form">
          <ShownOnce
            key={made.api_token.id}
            id="quantlab-token-text"
            label={trans.__('The new token')}
            hint={trans.__('Copy it now. It cannot be shown again.')}
            secret={made.token}
            trans={trans}
          />
        </div>
      ) : (
        <Make
          {...props}
          onMade={token => {
            setMade(token);
            loaded.again();
          }}
        />
      )}
      {made ? (
        <div className="jp-QuantLab-Actions">
          <button
            type="button"
            className="jp-mod-styled jp-mod-reject"
            onClick={() => setMade(null)}
          >
            {trans.__('Make another token')}
          </button>
        </div>
      ) : null}
      <Loading
        loaded={loaded}
        trans={trans}
        label={trans.__('Loading the tokens')}
      >
        {tokens => (
          <Tokens
            {...props}
            tokens={tokens}
            onChanged={id => {
              if (made?.api_token.id === id) {
                setMade(null);
              }
              loaded.again();
            }}
          />
        )}
      </Loading>
    </>
  );
}

function Make(
  props: IAccountSectionProps & { onMade: (token: NewApiToken) => void }
): JSX.Element {
  const { client, trans, onMade } = props;
  const choices = React.useMemo(() => scopeChoices(trans), [trans]);
  const [name, setName] = React.useState('');
  const [chosen, setChosen] = React.useState<ReadonlySet<string>>(
    new Set(['read', 'market'])
  );
  const [days, setDays] = React.useState<number>(90);
  const [missing, setMissing] = React.useState<string | null>(null);
  const [error, setError] = React.useState<unknown>(null);
  const [isBusy, setBusy] = React.useState(false);
  const make = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const scopes = chosenScopes(choices, chosen);
      onMade(
        await client.createApiToken({ name, scopes, expires_in_days: days })
      );
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  };
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    const isNamed = name.trim() !== '';
    setMissing(isNamed ? null : trans.__('Say what the token is for.'));
    if (!isBusy && isNamed) {
      void make();
    }
  };
  const toggle = (id: string, isOn: boolean): void =>
    setChosen(
      new Set(isOn ? [...chosen, id] : [...chosen].filter(one => one !== id))
    );
  return (
    <form
      className="jp-QuantLab-Form jp-QuantLab-Account-form"
      onSubmit={submit}
    >
      <TextField
        id="quantlab-token-name"
        label={trans.__('What it is for')}
        value={name}
        error={missing}
        required
        onChange={value => {
          setName(value);
          setMissing(null);
        }}
      />
      <fieldset className="jp-QuantLab-Tokens-scopes">
        <legend>{trans.__('What it may do')}</legend>
        {choices.map(one => (
          <label key={one.id}>
            <input
              type="checkbox"
              checked={chosen.has(one.id)}
              onChange={event => toggle(one.id, event.target.checked)}
            />
            {one.label}
          </label>
        ))}
      </fieldset>
      <Field id="quantlab-token-days" label={trans.__('It ends after')}>
        {aria => (
          <select
            {...aria}
            className="jp-mod-styled"
            value={days}
            onChange={event => setDays(Number(event.target.value))}
          >
            {LIFETIMES.map(one => (
              <option key={one} value={one}>
                {trans._n('%1 day', '%1 days', one)}
              </option>
            ))}
          </select>
        )}
      </Field>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={isBusy}
        >
          {isBusy ? trans.__('Making…') : trans.__('Make a token')}
        </button>
      </div>
    </form>
  );
}

function Tokens(
  props: IAccountSectionProps & {
    tokens: ApiTokenInfo[];
    onChanged: (id: string) => void;
  }
): JSX.Element {
  const { client, tokens, trans, onChanged } = props;
  const [error, setError] = React.useState<unknown>(null);
  const revoke = async (token: ApiTokenInfo): Promise<void> => {
    const agreed = await confirmAct({
      title: trans.__('Revoke this token?'),
      text: trans.__(
        'What uses “%1” is refused from then on. This cannot be undone.',
        token.name
      ),
      act: trans.__('Revoke'),
      trans
    });
    if (!agreed) {
      return;
    }
    try {
      await client.revokeApiToken(token.id);
      setError(null);
      onChanged(token.id);
    } catch (reason) {
      setError(reason);
    }
  };
  if (tokens.length === 0) {
    return (
      <EmptyState
        title={trans.__('No tokens')}
        text={trans.__(
          'No script and no other machine works as you by a token.'
        )}
      />
    );
  }
  const now = Date.now();
  return (
    <>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <ul
        className="jp-QuantLab-Sessions"
        aria-label={trans.__('Your API tokens')}
      >
        {tokens.map(token => (
          <li key={token.id}>
            <div>
              <bdi>{token.name}</bdi> <code>{token.hint}…</code>
              {isExpired(token, now) ? (
                <span className="jp-QuantLab-Badge">{trans.__('ended')}</span>
              ) : null}
              <div className="jp-QuantLab-muted">
                {scopeWords(token.scopes, trans).join(' · ')}
              </div>
              <div className="jp-QuantLab-muted">
                <Used {...props} token={token} /> ·{' '}
                <time
                  dateTime={token.expires_at}
                  title={fullTime(token.expires_at)}
                >
                  {isExpired(token, now)
                    ? trans.__('ended %1', relativeTime(token.expires_at))
                    : trans.__('ends %1', until(token.expires_at))}
                </time>
              </div>
            </div>
            <button
              type="button"
              className="jp-mod-styled jp-mod-reject"
              aria-label={trans.__('Revoke token: %1', token.name)}
              onClick={() => void revoke(token)}
            >
              {trans.__('Revoke')}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Used(
  props: IAccountSectionProps & { token: ApiTokenInfo }
): JSX.Element {
  const { token, trans } = props;
  const { last_used_at: at, last_used_address: address } = token;
  if (!at) {
    return <>{trans.__('never used')}</>;
  }
  return (
    <time dateTime={at} title={fullTime(at)}>
      {address
        ? trans.__('last used %1 from %2', relativeTime(at), address)
        : trans.__('last used %1', relativeTime(at))}
    </time>
  );
}
