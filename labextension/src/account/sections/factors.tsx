/**
 * Two-step verification: an app for codes, passkeys, recovery codes.
 */
import * as React from 'react';

import type { Factors, Passkey, TotpSetup } from '../../api/models';
import { ApiError } from '../../api/errors';
import { confirmAct } from '../../ui/confirm';
import { TextField } from '../../ui/fields';
import { fullTime, relativeTime } from '../../ui/format';
import { Loading, useLoaded } from '../../ui/loaded';
import { ErrorBox } from '../../ui/states';
import {
  canUsePasskeys,
  isDeclined,
  isKnownHere,
  makePasskey
} from '../passkeys';
import { RecoveryCodes } from '../recoveryCodes';
import type { IAccountSectionProps } from '../sections';

interface IPartProps extends IAccountSectionProps {
  factors: Factors;
  /** Something is under way; nothing else is begun meanwhile. */
  isBusy: boolean;
  /** Do something, then show how things are; a failure is told above. */
  act: (work: () => Promise<string[] | void>) => Promise<void>;
}

export default function FactorsSection(
  props: IAccountSectionProps
): JSX.Element {
  const { client, trans } = props;
  const loaded = useLoaded(signal => client.factors.get(signal), [client]);
  const [codes, setCodes] = React.useState<readonly string[]>([]);
  const [error, setError] = React.useState<unknown>(null);
  const [isBusy, setBusy] = React.useState(false);
  // What is drawn is known later than what was pressed.
  const isUnderWay = React.useRef(false);
  const act = async (work: () => Promise<string[] | void>): Promise<void> => {
    if (isUnderWay.current) {
      return;
    }
    isUnderWay.current = true;
    setBusy(true);
    setError(null);
    try {
      const made = await work();
      if (made && made.length > 0) {
        setCodes(made);
      }
    } catch (reason) {
      if (isKnownHere(reason)) {
        setError(
          new Error(trans.__('This device has one of your passkeys already.'))
        );
      } else if (!isDeclined(reason)) {
        setError(reason);
      }
    }
    isUnderWay.current = false;
    setBusy(false);
    loaded.again();
  };
  return (
    <div className="jp-QuantLab-Factors">
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      {codes.length > 0 ? (
        <RecoveryCodes
          key={codes[0]}
          codes={codes}
          trans={trans}
          onDone={() => setCodes([])}
        />
      ) : null}
      <Loading
        loaded={loaded}
        trans={trans}
        label={trans.__('Loading your second factors')}
      >
        {factors => {
          const part = { ...props, factors, isBusy, act };
          return (
            <>
              <Intro {...part} />
              <AppPart {...part} />
              <PasskeyPart {...part} />
              <RecoveryPart {...part} />
            </>
          );
        }}
      </Loading>
    </div>
  );
}

function Intro({ factors, trans }: IPartProps): JSX.Element {
  const isOn = factors.totp !== null || factors.passkeys.length > 0;
  return (
    <p role="status">
      {isOn
        ? trans.__(
            'Two-step verification is on: your password alone does not sign anybody in.'
          )
        : factors.required
          ? trans.__(
              'Your role needs a second factor. Set one up to go on working.'
            )
          : trans.__(
              'Two-step verification is off. With a second factor, whoever learns your password still cannot sign in.'
            )}
    </p>
  );
}

function AppPart(props: IPartProps): JSX.Element {
  const { client, trans, factors, isBusy, act } = props;
  const [setup, setSetup] = React.useState<TotpSetup | null>(null);
  const remove = async (): Promise<void> => {
    const agreed = await confirmAct({
      title: trans.__('Remove the app for codes?'),
      text: trans.__(
        'Its codes are refused from then on. To use an app again you set it up anew.'
      ),
      act: trans.__('Remove'),
      trans
    });
    if (agreed) {
      await client.factors.removeTotp();
    }
  };
  return (
    <section aria-labelledby="quantlab-factor-app">
      <h3 id="quantlab-factor-app">{trans.__('App for codes')}</h3>
      {factors.totp ? (
        <div className="jp-QuantLab-Factor">
          <span>{whenUsed(factors.totp.last_used_at, trans)}</span>
          <button
            type="button"
            className="jp-mod-styled jp-mod-reject"
            aria-disabled={isBusy}
            onClick={() => void act(remove)}
          >
            {trans.__('Remove the app')}
          </button>
        </div>
      ) : setup ? (
        <AppSetup
          {...props}
          setup={setup}
          onDone={() => setSetup(null)}
          key={setup.secret}
        />
      ) : (
        <>
          <p>
            {trans.__(
              'An app on your phone shows a new code every half minute.'
            )}
          </p>
          <div className="jp-QuantLab-Actions">
            <button
              type="button"
              className="jp-mod-styled jp-mod-accept"
              aria-disabled={isBusy}
              onClick={() =>
                void act(async () => setSetup(await client.factors.beginTotp()))
              }
            >
              {trans.__('Set up an app')}
            </button>
          </div>
        </>
      )}
    </section>
  );
}

function AppSetup(
  props: IPartProps & { setup: TotpSetup; onDone: () => void }
): JSX.Element {
  const { client, trans, isBusy, act, setup, onDone } = props;
  const [code, setCode] = React.useState('');
  const [refused, setRefused] = React.useState<string | null>(null);
  const picture = `data:image/svg+xml;utf8,${encodeURIComponent(setup.qr_svg)}`;
  const confirm = (event: React.FormEvent): void => {
    event.preventDefault();
    setRefused(null);
    void act(async () => {
      try {
        const made = await client.factors.confirmTotp(code);
        onDone();
        return made;
      } catch (reason) {
        if (!(reason instanceof ApiError) || reason.field('code') === null) {
          throw reason;
        }
        setRefused(
          trans.__(
            'This code is not right. Check the time of your phone, and enter the code that is shown now.'
          )
        );
        return [];
      }
    });
  };
  return (
    <form className="jp-QuantLab-Form" noValidate onSubmit={confirm}>
      <p>
        {trans.__('Scan this with your app, then enter the code it shows.')}
      </p>
      <img
        className="jp-QuantLab-QrCode"
        src={picture}
        alt={trans.__('QR code; the key below says the same')}
      />
      <p>
        {trans.__('Or enter this key:')}{' '}
        <code className="jp-QuantLab-Key">
          {setup.secret.replace(/(.{4})(?=.)/g, '$1 ')}
        </code>
      </p>
      <TextField
        id="quantlab-factor-code"
        label={trans.__('Code')}
        value={code}
        autoComplete="one-time-code"
        error={refused}
        onChange={text => {
          setCode(text);
          setRefused(null);
        }}
      />
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={isBusy}
        >
          {trans.__('Confirm the code')}
        </button>
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={onDone}
        >
          {trans.__('Cancel')}
        </button>
      </div>
    </form>
  );
}

function PasskeyPart(props: IPartProps): JSX.Element {
  const { client, trans, factors, isBusy, act } = props;
  const [name, setName] = React.useState('');
  const canAdd = factors.passkeys_available && canUsePasskeys();
  const add = (event: React.FormEvent): void => {
    event.preventDefault();
    void act(async () => {
      const proof = await makePasskey(await client.factors.beginPasskey());
      const made = await client.factors.addPasskey(
        proof,
        name.trim() || trans.__('Passkey')
      );
      setName('');
      return made.recovery_codes;
    });
  };
  return (
    <section aria-labelledby="quantlab-factor-passkeys">
      <h3 id="quantlab-factor-passkeys">{trans.__('Passkeys')}</h3>
      <p>
        {canAdd
          ? trans.__(
              'Sign in with your fingerprint, face, PIN or a security key, without a password.'
            )
          : trans.__(
              'Passkeys work where QuantLab is opened by its name: over https, or as localhost on this machine.'
            )}
      </p>
      {factors.passkeys.length > 0 ? (
        <ul
          className="jp-QuantLab-Sessions"
          aria-label={trans.__('Your passkeys')}
        >
          {factors.passkeys.map(passkey => (
            <PasskeyRow key={passkey.id} {...props} passkey={passkey} />
          ))}
        </ul>
      ) : null}
      {canAdd ? (
        <form className="jp-QuantLab-Inline" noValidate onSubmit={add}>
          <TextField
            id="quantlab-passkey-name"
            label={trans.__('Name of the new passkey')}
            optional={trans.__('(optional)')}
            value={name}
            onChange={setName}
          />
          <button
            type="submit"
            className="jp-mod-styled jp-mod-accept"
            aria-disabled={isBusy}
          >
            {trans.__('Add a passkey')}
          </button>
        </form>
      ) : null}
    </section>
  );
}

function PasskeyRow(props: IPartProps & { passkey: Passkey }): JSX.Element {
  const { client, trans, isBusy, act, passkey } = props;
  const remove = async (): Promise<void> => {
    const agreed = await confirmAct({
      title: trans.__('Remove the passkey “%1”?', passkey.name),
      text: trans.__(
        'It does not sign you in any more. Delete it from the device that holds it too.'
      ),
      act: trans.__('Remove'),
      trans
    });
    if (agreed) {
      await client.factors.removePasskey(passkey.id);
    }
  };
  return (
    <li>
      <div>
        <bdi>{passkey.name}</bdi>
        {passkey.usable_here ? null : (
          <span className="jp-QuantLab-Badge">
            {trans.__('for another address')}
          </span>
        )}
        <div className="jp-QuantLab-muted">
          {whenUsed(passkey.last_used_at, trans)}
        </div>
      </div>
      <button
        type="button"
        className="jp-mod-styled jp-mod-reject"
        aria-label={trans.__('Remove the passkey %1', passkey.name)}
        aria-disabled={isBusy}
        onClick={() => void act(remove)}
      >
        {trans.__('Remove')}
      </button>
    </li>
  );
}

function RecoveryPart(props: IPartProps): JSX.Element | null {
  const { client, trans, factors, isBusy, act } = props;
  if (factors.totp === null && factors.passkeys.length === 0) {
    return null;
  }
  const makeNew = async (): Promise<string[]> => {
    const agreed = await confirmAct({
      title: trans.__('Make new recovery codes?'),
      text: trans.__(
        'The codes that you kept are refused from then on; the new ones are shown once.'
      ),
      act: trans.__('Make new codes'),
      trans
    });
    return agreed ? client.factors.newRecoveryCodes() : [];
  };
  return (
    <section aria-labelledby="quantlab-factor-recovery">
      <h3 id="quantlab-factor-recovery">{trans.__('Recovery codes')}</h3>
      <div className="jp-QuantLab-Factor">
        <span>
          {trans._n(
            '%1 code is left.',
            '%1 codes are left.',
            factors.recovery_codes_left
          )}
        </span>
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          aria-disabled={isBusy}
          onClick={() => void act(makeNew)}
        >
          {trans.__('Make new codes')}
        </button>
      </div>
    </section>
  );
}

function whenUsed(
  moment: string | null,
  trans: IAccountSectionProps['trans']
): React.ReactNode {
  return moment === null ? (
    trans.__('Not used yet')
  ) : (
    <time dateTime={moment} title={fullTime(moment)}>
      {trans.__('Last used %1', relativeTime(moment))}
    </time>
  );
}
