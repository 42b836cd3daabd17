/**
 * Who was invited into the tenant, and inviting: by mail, or by a link that is shown once.
 */
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { roleLabel } from '../../account/words';
import { ApiError } from '../../api/errors';
import type { Invitation, NewInvitation, User } from '../../api/models';
import { Field, TextField } from '../../ui/fields';
import { fullTime, relativeTime, until } from '../../ui/format';
import { Paged, usePaged } from '../../ui/paged';
import { Select } from '../../ui/select';
import { useSettled } from '../../ui/settled';
import { ShownOnce } from '../../ui/shownOnce';
import { EmptyState, ErrorBox } from '../../ui/states';
import { ROLES } from '../ids';
import type { IAdminSectionProps } from '../sections';

const DAYS = ['1', '7', '30', '90'];

export default function InvitationsSection(
  props: IAdminSectionProps
): JSX.Element {
  const { admin, trans } = props;
  const [typed, setTyped] = React.useState('');
  const [state, setState] = React.useState('');
  const q = useSettled(typed.trim());
  const paged = usePaged(
    (cursor, signal) =>
      admin.invitations(
        {
          q: q || undefined,
          state: state || undefined,
          cursor: cursor ?? undefined
        },
        signal
      ),
    [admin, q, state]
  );
  return (
    <>
      <Invite {...props} onMade={paged.again} />
      <h3>{trans.__('Invitations so far')}</h3>
      <div className="jp-QuantLab-Admin-filters" role="search">
        <TextField
          id="quantlab-invitations-search"
          label={trans.__('Search by address')}
          value={typed}
          onChange={setTyped}
        />
        <Select
          label={trans.__('Filter by state')}
          value={state}
          options={[
            ['', trans.__('Every state')],
            ...(['open', 'used', 'expired', 'revoked'] as const).map(
              (one): [string, string] => [one, stateLabel(one, trans)]
            )
          ]}
          onChange={setState}
        />
      </div>
      <Paged
        paged={paged}
        trans={trans}
        label={trans.__('Loading the invitations')}
        count={shown =>
          trans._n('%1 invitation shown', '%1 invitations shown', shown)
        }
        empty={
          <EmptyState
            title={trans.__('No invitations')}
            text={
              q === '' && state === ''
                ? trans.__(
                    'Invite somebody above: by mail, or by a link that you hand over.'
                  )
                : trans.__('No invitation is as the filters want.')
            }
          />
        }
      >
        {invitations => (
          <ul
            className="jp-QuantLab-Sessions"
            aria-label={trans.__('Invitations')}
          >
            {invitations.map(one => (
              <Row
                key={one.id}
                {...props}
                invitation={one}
                onChanged={paged.again}
              />
            ))}
          </ul>
        )}
      </Paged>
    </>
  );
}

function stateLabel(
  state: Invitation['state'],
  trans: TranslationBundle
): string {
  switch (state) {
    case 'open':
      return trans.__('Open');
    case 'used':
      return trans.__('Accepted');
    case 'expired':
      return trans.__('Expired');
    case 'revoked':
      return trans.__('Revoked');
  }
}

/** Whom the invitation is for. */
function nameOf(invitation: Invitation, trans: TranslationBundle): string {
  return (
    invitation.used_by_name ??
    invitation.email ??
    trans.__('Whoever has the link')
  );
}

function Row(
  props: IAdminSectionProps & { invitation: Invitation; onChanged: () => void }
): JSX.Element {
  const { admin, trans, invitation, onChanged } = props;
  const [error, setError] = React.useState<unknown>(null);
  const [said, setSaid] = React.useState('');
  const name = nameOf(invitation, trans);
  const attempt = async (
    act: () => Promise<unknown>,
    words: string
  ): Promise<void> => {
    try {
      await act();
      setError(null);
      setSaid(words);
      onChanged();
    } catch (reason) {
      setSaid('');
      setError(reason);
    }
  };
  const { state } = invitation;
  const unused = state === 'open' || state === 'expired';
  return (
    <li>
      <div>
        <bdi>{name}</bdi>
        <div
          className="jp-QuantLab-muted"
          title={fullTime(invitation.expires_at)}
        >
          {[
            stateLabel(state, trans),
            roleLabel(invitation.role, trans),
            state === 'open'
              ? trans.__('ends %1', until(invitation.expires_at))
              : relativeTime(
                  invitation.used_at ??
                    invitation.revoked_at ??
                    invitation.expires_at
                )
          ].join(' · ')}
        </div>
        <span role="status">{said}</span>
        {error ? <ErrorBox error={error} trans={trans} /> : null}
      </div>
      {unused ? (
        <div className="jp-QuantLab-Actions">
          {invitation.email ? (
            <button
              type="button"
              className="jp-mod-styled jp-mod-reject"
              aria-label={trans.__('Send to %1 again', name)}
              onClick={() =>
                void attempt(
                  () => admin.resendInvitation(invitation.id),
                  trans.__('A new link is on its way.')
                )
              }
            >
              {trans.__('Send again')}
            </button>
          ) : null}
          <button
            type="button"
            className="jp-mod-styled jp-mod-reject"
            aria-label={trans.__('Revoke the invitation of %1', name)}
            onClick={() =>
              void attempt(() => admin.revokeInvitation(invitation.id), '')
            }
          >
            {trans.__('Revoke')}
          </button>
        </div>
      ) : null}
    </li>
  );
}

function Invite(
  props: IAdminSectionProps & { onMade: () => void }
): JSX.Element {
  const { admin, session, trans, onMade } = props;
  const [email, setEmail] = React.useState('');
  const [role, setRole] = React.useState<User['role']>('user');
  const [days, setDays] = React.useState('7');
  const [refused, setRefused] = React.useState<string | null>(null);
  const [error, setError] = React.useState<unknown>(null);
  const [said, setSaid] = React.useState('');
  const [made, setMade] = React.useState<NewInvitation | null>(null);
  const [isBusy, setIsBusy] = React.useState(false);
  const invite = async (send: boolean): Promise<void> => {
    if (isBusy) {
      return;
    }
    setIsBusy(true);
    setError(null);
    setRefused(null);
    setMade(null);
    setSaid('');
    try {
      const answer = await admin.invite({
        role,
        email: email.trim() || null,
        expires_in_days: Number(days),
        send
      });
      if (send) {
        setSaid(trans.__('A message is on its way to %1.', email.trim()));
      } else {
        setMade(answer);
      }
      setEmail('');
      onMade();
    } catch (reason) {
      const field = reason instanceof ApiError ? reason.fields[0] : undefined;
      setRefused(field?.message ?? null);
      setError(field ? null : reason);
    } finally {
      setIsBusy(false);
    }
  };
  const rank = ROLES.indexOf(session.user?.role ?? 'user');
  return (
    <form
      className="jp-QuantLab-Form jp-QuantLab-Admin-form"
      aria-label={trans.__('Invite somebody')}
      noValidate
      onSubmit={event => {
        event.preventDefault();
        void invite(email.trim() !== '');
      }}
    >
      <h3>{trans.__('Invite somebody')}</h3>
      <TextField
        id="quantlab-invite-email"
        label={trans.__('E-mail address')}
        type="email"
        optional={trans.__('(optional for a link)')}
        hint={trans.__('With an address, only its owner can accept.')}
        value={email}
        error={refused}
        onChange={setEmail}
      />
      <Field id="quantlab-invite-role" label={trans.__('Role')}>
        {aria => (
          <select
            {...aria}
            className="jp-mod-styled"
            value={role}
            onChange={event => setRole(event.target.value as User['role'])}
          >
            {ROLES.filter((_, index) => index <= rank).map(one => (
              <option key={one} value={one}>
                {roleLabel(one, trans)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field id="quantlab-invite-days" label={trans.__('Good for')}>
        {aria => (
          <select
            {...aria}
            className="jp-mod-styled"
            value={days}
            onChange={event => setDays(event.target.value)}
          >
            {DAYS.map(one => (
              <option key={one} value={one}>
                {trans._n('%1 day', '%1 days', Number(one))}
              </option>
            ))}
          </select>
        )}
      </Field>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={isBusy}
          onClick={() => void invite(true)}
        >
          {trans.__('Send by mail')}
        </button>
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          aria-disabled={isBusy}
          onClick={() => void invite(false)}
        >
          {trans.__('Make a link')}
        </button>
        <span role="status">{said}</span>
      </div>
      {made?.token ? (
        <ShownOnce
          key={made.token}
          id="quantlab-invite-link"
          label={trans.__('The link')}
          hint={trans.__(
            'Copy it now and hand it over by a way that you trust. It works once and cannot be shown again.'
          )}
          secret={made.link ?? ownLink(made.token)}
          trans={trans}
        />
      ) : null}
    </form>
  );
}

/** Where the service does not know its own address: the one that this page has. */
function ownLink(token: string): string {
  const page = URLExt.join(PageConfig.getBaseUrl(), 'lab');
  return `${page}#quantlab-invitation=${token}`;
}
