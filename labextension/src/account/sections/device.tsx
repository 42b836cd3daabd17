/**
 * Letting a program in that shows a code: who asks is shown before anything is decided.
 */
import * as React from 'react';

import { NotFoundError } from '../../api/errors';
import type { DeviceRequest } from '../../api/models';
import { TextField } from '../../ui/fields';
import { fullTime, relativeTime } from '../../ui/format';
import { ErrorBox } from '../../ui/states';
import { scopeWords } from '../scopes';
import type { IAccountSectionProps } from '../sections';

export default function DeviceSection(
  props: IAccountSectionProps
): JSX.Element {
  const { trans } = props;
  const [code, setCode] = React.useState('');
  const [request, setRequest] = React.useState<DeviceRequest | null>(null);
  const [said, setSaid] = React.useState('');
  const status = React.useRef<HTMLParagraphElement>(null);
  // What was pressed is gone: go on from here.
  React.useEffect(() => {
    if (said !== '') {
      status.current?.focus();
    }
  }, [said]);
  const decided = (words: string): void => {
    setRequest(null);
    setCode('');
    setSaid(words);
  };
  return (
    <>
      {request ? (
        <Decide
          {...props}
          code={code}
          request={request}
          onDecided={decided}
          onOther={() => setRequest(null)}
        />
      ) : (
        <Ask
          {...props}
          code={code}
          onCode={value => {
            setCode(value);
            setSaid('');
          }}
          onFound={setRequest}
        />
      )}
      <p
        ref={status}
        tabIndex={-1}
        role="status"
        aria-label={trans.__('What became of it')}
      >
        {said}
      </p>
    </>
  );
}

function Ask(
  props: IAccountSectionProps & {
    code: string;
    onCode: (code: string) => void;
    onFound: (request: DeviceRequest) => void;
  }
): JSX.Element {
  const { client, trans, code, onCode, onFound } = props;
  const [error, setError] = React.useState<unknown>(null);
  const [unknown, setUnknown] = React.useState<string | null>(null);
  const [isBusy, setBusy] = React.useState(false);
  const look = async (): Promise<void> => {
    setBusy(true);
    try {
      onFound(await client.deviceRequest(code));
    } catch (reason) {
      if (reason instanceof NotFoundError) {
        setUnknown(
          trans.__(
            'This code is not known. Look at it again, or have a new one shown.'
          )
        );
      } else {
        setError(reason);
      }
      setBusy(false);
    }
  };
  return (
    <form
      className="jp-QuantLab-Form jp-QuantLab-Account-form"
      onSubmit={event => {
        event.preventDefault();
        setError(null);
        setUnknown(null);
        if (!isBusy && code.trim() !== '') {
          void look();
        }
      }}
    >
      <p>
        {trans.__(
          'A program such as “quantlab login” shows a code of eight letters. Type it here to let that program work as you.'
        )}
      </p>
      <TextField
        id="quantlab-device-code"
        label={trans.__('Code')}
        value={code}
        error={unknown}
        required
        onChange={value => {
          onCode(value);
          setUnknown(null);
        }}
      />
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={isBusy || code.trim() === ''}
        >
          {trans.__('Continue')}
        </button>
      </div>
    </form>
  );
}

function Decide(
  props: IAccountSectionProps & {
    code: string;
    request: DeviceRequest;
    onDecided: (words: string) => void;
    onOther: () => void;
  }
): JSX.Element {
  const { client, trans, code, request, onDecided, onOther } = props;
  const [error, setError] = React.useState<unknown>(null);
  const [isBusy, setBusy] = React.useState(false);
  const heading = React.useRef<HTMLHeadingElement>(null);
  React.useEffect(() => heading.current?.focus(), []);
  const decide = async (
    act: () => Promise<unknown>,
    words: string
  ): Promise<void> => {
    if (isBusy) {
      return;
    }
    setBusy(true);
    setError(null);
    try {
      await act();
      onDecided(words);
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  };
  return (
    <div className="jp-QuantLab-Form jp-QuantLab-Account-form">
      <h3 ref={heading} tabIndex={-1}>
        {trans.__('Let this program in?')}
      </h3>
      <dl className="jp-QuantLab-Facts">
        <div>
          <dt>{trans.__('Program')}</dt>
          <dd>
            <bdi>{request.client_name}</bdi>
          </dd>
        </div>
        <div>
          <dt>{trans.__('Asks from')}</dt>
          <dd>
            <bdi>{request.address}</bdi>
          </dd>
        </div>
        <div>
          <dt>{trans.__('Asked')}</dt>
          <dd>
            <time
              dateTime={request.created_at}
              title={fullTime(request.created_at)}
            >
              {relativeTime(request.created_at)}
            </time>
          </dd>
        </div>
      </dl>
      <p>{trans.__('It wants to:')}</p>
      <ul>
        {scopeWords(request.scopes, trans).map(words => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      <p>
        <strong>
          {trans.__('Let it in only if you started it yourself, just now.')}
        </strong>
      </p>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={isBusy}
          onClick={() =>
            void decide(
              () => client.approveDevice(code),
              trans.__('The program is let in. It is among your API tokens.')
            )
          }
        >
          {trans.__('Let it in')}
        </button>
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          aria-disabled={isBusy}
          onClick={() =>
            void decide(
              () => client.denyDevice(code),
              trans.__('The program was not let in.')
            )
          }
        >
          {trans.__('Do not let it in')}
        </button>
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={onOther}
        >
          {trans.__('Another code')}
        </button>
      </div>
    </div>
  );
}
