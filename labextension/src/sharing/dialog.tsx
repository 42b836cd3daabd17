/**
 * "Share…": who has access, and for the owner giving, changing and ending it.
 */
import { UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import '../../style/sharing.css';
import type { Share, SharedAccess } from '../api/models';
import { confirmAct } from '../ui/confirm';
import { showForm } from '../ui/dialog';
import { Field } from '../ui/fields';
import { ActSelect, Select } from '../ui/select';
import { ErrorBox, Skeleton } from '../ui/states';
import type { ShareModel } from './model';

interface IProps {
  model: ShareModel;
  trans: TranslationBundle;
  /** Close the dialog. */
  close: () => void;
}

const FIELD = 'quantlab-share-user';

/** Show it; resolves when it is closed. */
export async function showShares(
  name: string,
  model: ShareModel,
  trans: TranslationBundle
): Promise<void> {
  void model.load();
  await showForm<never>({
    title: trans.__('Share “%1”', name),
    className: 'jp-QuantLab-mod-share',
    accept: null,
    cancel: trans.__('Close'),
    focus: `#${FIELD}, button`,
    render: control => (
      <UseSignal signal={model.stateChanged}>
        {() => (
          <Sharing model={model} trans={trans} close={() => control.close()} />
        )}
      </UseSignal>
    )
  });
}

function accessWords(trans: TranslationBundle): [SharedAccess, string][] {
  return [
    ['view', trans.__('May view')],
    ['edit', trans.__('May edit')]
  ];
}

function Sharing(props: IProps): JSX.Element {
  const { model, trans } = props;
  const { shares, error } = model;
  return (
    <div className="jp-QuantLab-Shares" aria-busy={model.isBusy}>
      {model.isOwner ? <Giving {...props} /> : null}
      {error ? (
        <ErrorBox
          error={error}
          trans={trans}
          onRetry={shares ? undefined : () => void model.load()}
        />
      ) : null}
      {shares ? (
        <People {...props} />
      ) : error ? null : (
        <Skeleton rows={2} label={trans.__('Loading who has access')} />
      )}
    </div>
  );
}

/** Name a person, choose what they may. */
function Giving({ model, trans }: IProps): JSX.Element {
  const [user, setUser] = React.useState('');
  const [access, setAccess] = React.useState<SharedAccess>('view');
  // The dialog was there before it was known who may share.
  React.useEffect(() => document.getElementById(FIELD)?.focus(), []);
  const give = async (): Promise<void> => {
    if (
      !model.isBusy &&
      user.trim() !== '' &&
      (await model.give(user.trim(), access))
    ) {
      setUser('');
      document.getElementById(FIELD)?.focus();
    }
  };
  return (
    <form
      className="jp-QuantLab-Shares-form"
      data-own-enter
      onSubmit={event => {
        event.preventDefault();
        void give();
      }}
    >
      <Field
        id={FIELD}
        label={trans.__('Share with')}
        error={model.refusal}
        hint={trans.__('Username or e-mail address of somebody of your team')}
      >
        {aria => (
          <input
            {...aria}
            className="jp-mod-styled"
            list={`${FIELD}-found`}
            value={user}
            autoComplete="off"
            spellCheck={false}
            maxLength={320}
            onFocus={() => model.look(user)}
            onChange={event => {
              setUser(event.target.value);
              model.look(event.target.value);
            }}
          />
        )}
      </Field>
      <datalist id={`${FIELD}-found`}>
        {model.found.map(person => (
          <option key={person.id} value={person.username} />
        ))}
      </datalist>
      <Select
        label={trans.__('Access')}
        value={access}
        options={accessWords(trans)}
        isFilter={false}
        onChange={value => setAccess(value as SharedAccess)}
      />
      <button
        type="submit"
        className="jp-mod-styled jp-mod-accept"
        aria-disabled={model.isBusy || user.trim() === ''}
      >
        {trans.__('Share')}
      </button>
    </form>
  );
}

/** The owner, and everybody that it is shared with. */
function People(props: IProps): JSX.Element {
  const { model, trans, close } = props;
  const shares = model.shares!;
  const leave = async (): Promise<void> => {
    const agreed = await confirmAct({
      title: trans.__('Leave what %1 shares with you?', shares.owner),
      text: trans.__(
        'You lose access at once. To get it back, ask its owner to share it again.'
      ),
      act: trans.__('Leave'),
      trans
    });
    if (agreed && (await model.leave())) {
      close();
    }
  };
  return (
    <>
      <h3>{trans.__('Who has access')}</h3>
      <ul className="jp-QuantLab-Shares-list">
        <li>
          <bdi>{shares.owner}</bdi>
          <span className="jp-QuantLab-muted">{trans.__('Owner')}</span>
        </li>
        {shares.items.map(share => (
          <Person key={share.user_id} share={share} {...props} />
        ))}
      </ul>
      {model.isOwner ? (
        <p className="jp-QuantLab-muted">
          {shares.items.length === 0
            ? trans.__('Nobody but you has access.')
            : trans.__(
                'They hear of it at once, and keep no access when you end it.'
              )}
        </p>
      ) : (
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          aria-disabled={model.isBusy}
          onClick={() => void leave()}
        >
          {trans.__('Leave')}
        </button>
      )}
    </>
  );
}

function Person({
  share,
  model,
  trans
}: IProps & { share: Share }): JSX.Element {
  const { user, access } = share;
  const words = accessWords(trans);
  const has = words.find(([value]) => value === access)?.[1];
  return (
    <li>
      <bdi>{user}</bdi>
      {model.isOwner ? (
        <>
          <ActSelect
            label={trans.__('Access of %1', user)}
            title={has ?? access}
            options={words.filter(([value]) => value !== access)}
            onAct={value => void model.give(user, value as SharedAccess)}
          />
          <button
            type="button"
            className="jp-mod-styled jp-mod-reject jp-mod-small"
            aria-label={trans.__('End the access of %1', user)}
            onClick={() => {
              void model.end(user).then(isDone => {
                if (isDone) {
                  // The button is gone with its row.
                  document.getElementById(FIELD)?.focus();
                }
              });
            }}
          >
            {trans.__('End access')}
          </button>
        </>
      ) : (
        <span className="jp-QuantLab-muted">{has}</span>
      )}
    </li>
  );
}
