/**
 * Deleting one's account: what goes, the name typed as a confirmation, and 14 days to change one's mind.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { LeavingPreview } from '../../api/models';
import { TextField } from '../../ui/fields';
import { longDay } from '../../ui/format';
import { Loading, useLoaded } from '../../ui/loaded';
import { ErrorBox } from '../../ui/states';
import type { IAccountSectionProps } from '../sections';

export default function DeleteAccountSection(
  props: IAccountSectionProps
): JSX.Element {
  const { client, trans } = props;
  const loaded = useLoaded(
    signal =>
      client.connection.send<LeavingPreview>('auth/account', { signal }),
    [client]
  );
  return (
    <Loading
      loaded={loaded}
      trans={trans}
      label={trans.__('Loading what would be deleted')}
    >
      {preview =>
        preview.refusal ? (
          <p role="status" className="jp-QuantLab-Note">
            {preview.refusal}
          </p>
        ) : (
          <>
            <Consequences preview={preview} trans={trans} />
            <DeleteForm {...props} />
          </>
        )
      }
    </Loading>
  );
}

/** What happens, in the order in which it does. */
function Consequences(props: {
  preview: LeavingPreview;
  trans: TranslationBundle;
}): JSX.Element {
  const { preview, trans } = props;
  const day = longDay(preview.deletes_at);
  return (
    <ul className="jp-QuantLab-Consequences">
      <li>
        {trans.__(
          'At once you are signed out everywhere, and your API tokens and running kernels lose their access.'
        )}
      </li>
      <li>
        {trans._n(
          'On %2 your account and %1 saved item are deleted for good.',
          'On %2 your account and %1 saved items are deleted for good.',
          preview.items,
          day
        )}
      </li>
      {preview.shared_items > 0 ? (
        <li>
          <strong>
            {trans._n(
              '%1 item that you share with others disappears for them on that day.',
              '%1 items that you share with others disappear for them on that day.',
              preview.shared_items
            )}
          </strong>{' '}
          {trans.__('They can save copies until then.')}
        </li>
      ) : null}
      <li>
        {trans.__(
          'Until then you can keep everything: sign in, and choose “Keep my account”.'
        )}
      </li>
    </ul>
  );
}

function DeleteForm(props: IAccountSectionProps): JSX.Element {
  const { session, trans, onPage } = props;
  const [typed, setTyped] = React.useState('');
  const [refused, setRefused] = React.useState<string | null>(null);
  const [error, setError] = React.useState<unknown>(null);
  const [isBusy, setBusy] = React.useState(false);
  const name = session.user?.username ?? '';
  const remove = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await session.leave();
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  };
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    if (typed.trim() !== name) {
      setRefused(trans.__('Type your username, exactly as it is shown.'));
    } else if (!isBusy) {
      void remove();
    }
  };
  return (
    <form
      className="jp-QuantLab-Form jp-QuantLab-Account-form"
      noValidate
      onSubmit={submit}
    >
      <p>
        {trans.__('Take what you want to keep with you first:')}{' '}
        <button
          type="button"
          className="jp-QuantLab-Link"
          onClick={() => onPage('own-data')}
        >
          {trans.__('Export my data')}
        </button>
      </p>
      <TextField
        id="quantlab-delete-account"
        label={trans.__('To confirm, type your username')}
        hint={<bdi>{name}</bdi>}
        value={typed}
        error={refused}
        onChange={text => {
          setTyped(text);
          setRefused(null);
        }}
      />
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-warn"
          aria-disabled={isBusy || typed.trim() !== name}
        >
          {isBusy ? trans.__('Deleting…') : trans.__('Delete my account')}
        </button>
      </div>
    </form>
  );
}
