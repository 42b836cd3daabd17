/**
 * The form that makes another person the owner of what somebody has saved, folded away until it is wanted.
 */
import * as React from 'react';

import { ApiError } from '../api/errors';
import type { AdminItem, AdminTransferred, AdminUser } from '../api/models';
import { confirmAct } from '../ui/confirm';
import { Field } from '../ui/fields';
import { kindLabel } from '../ui/format';
import { ErrorBox } from '../ui/states';
import { findPeople, named } from './finding';
import type { IAdminSectionProps } from './sections';

const FIELD = 'quantlab-admin-receiver';

/** Whoever types faster than this is not done with a word. Milliseconds. */
const PAUSE = 200;

interface IProps extends IAdminSectionProps {
  person: AdminUser;
  items: readonly AdminItem[];
  /** There are more than these. */
  isPart: boolean;
  onMoved: () => void;
}

export function HandOver(props: IProps): JSX.Element {
  const { admin, trans, person, items, onMoved } = props;
  const [name, setName] = React.useState('');
  const [found, setFound] = React.useState<AdminUser[]>([]);
  const [isAll, setAll] = React.useState(true);
  const [chosen, setChosen] = React.useState<ReadonlySet<string>>(new Set());
  const [refused, setRefused] = React.useState<string | null>(null);
  const [error, setError] = React.useState<unknown>(null);
  const [done, setDone] = React.useState<AdminTransferred | null>(null);
  const [receiver, setReceiver] = React.useState('');
  const [isBusy, setBusy] = React.useState(false);
  const [isTyping, setTyping] = React.useState(false);
  // What is still there: something chosen may be deleted meanwhile.
  const ids = items.map(one => one.id).filter(id => chosen.has(id));
  const find = async (
    text: string,
    signal?: AbortSignal
  ): Promise<AdminUser[]> => {
    const people = await findPeople(admin, text, 'active', signal);
    return people.filter(one => one.id !== person.id);
  };
  React.useEffect(() => {
    if (!isTyping) {
      return;
    }
    const looking = new AbortController();
    const suggest = (people: AdminUser[]): void => {
      if (!looking.signal.aborted) {
        setFound(people);
      }
    };
    const later = setTimeout(() => {
      // Suggestions only: what is typed is looked up when it is sent.
      find(name, looking.signal).then(suggest, () => suggest([]));
    }, PAUSE);
    return () => {
      clearTimeout(later);
      looking.abort();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `find` is made of these
  }, [admin, person.id, isTyping, name]);
  const move = async (): Promise<void> => {
    if (isBusy || name.trim() === '' || (!isAll && ids.length === 0)) {
      return;
    }
    setBusy(true);
    setRefused(null);
    setError(null);
    setDone(null);
    try {
      const to = named(await find(name), name);
      if (to === undefined) {
        setRefused(
          trans.__('There is nobody else of that name or address here.')
        );
      } else if (await agree(props, to, isAll ? null : ids.length)) {
        setDone(await admin.transfer(person.id, to.id, isAll ? null : ids));
        setReceiver(to.username);
        setChosen(new Set());
        onMoved();
      }
    } catch (reason) {
      const fields = reason instanceof ApiError ? reason.fields : [];
      const field = fields.find(one => one.path === 'to');
      setRefused(field?.message ?? null);
      setError(field ? null : reason);
    }
    setBusy(false);
  };
  return (
    <details className="jp-QuantLab-Admin-more">
      <summary>{trans.__('Hand over to another person')}</summary>
      <form
        className="jp-QuantLab-Form jp-QuantLab-Admin-form"
        noValidate
        onSubmit={event => {
          event.preventDefault();
          void move();
        }}
      >
        <p className="jp-QuantLab-muted">
          {trans.__(
            'The new owner gets versions, tags and shares too; %1 has no access any more, and unsaved edits end. Both see it in their activity.',
            person.username
          )}
        </p>
        <Field
          id={FIELD}
          label={trans.__('New owner')}
          error={refused}
          hint={trans.__('Username or e-mail address')}
        >
          {aria => (
            <input
              {...aria}
              className="jp-mod-styled"
              list={`${FIELD}-found`}
              value={name}
              autoComplete="off"
              spellCheck={false}
              maxLength={320}
              onFocus={() => setTyping(true)}
              onBlur={() => setTyping(false)}
              onChange={event => {
                setName(event.target.value);
                setRefused(null);
              }}
            />
          )}
        </Field>
        <datalist id={`${FIELD}-found`}>
          {found.map(one => (
            <option key={one.id} value={one.username} />
          ))}
        </datalist>
        <Field id="quantlab-admin-what" label={trans.__('What')}>
          {aria => (
            <select
              {...aria}
              className="jp-mod-styled"
              value={isAll ? 'all' : 'chosen'}
              onChange={event => setAll(event.target.value === 'all')}
            >
              <option value="all">{trans.__('Everything')}</option>
              <option value="chosen">{trans.__('Only what I choose')}</option>
            </select>
          )}
        </Field>
        {isAll ? null : (
          <Choice {...props} chosen={chosen} onChoose={setChosen} />
        )}
        {error ? <ErrorBox error={error} trans={trans} /> : null}
        <div className="jp-QuantLab-Actions">
          <button
            type="submit"
            className="jp-mod-styled jp-mod-accept"
            aria-disabled={
              isBusy || name.trim() === '' || (!isAll && ids.length === 0)
            }
          >
            {trans.__('Hand over')}
          </button>
          <span role="status">
            {done
              ? trans._n(
                  '%1 item went to %2.',
                  '%1 items went to %2.',
                  done.moved,
                  receiver
                )
              : ''}
          </span>
        </div>
        {done && done.renamed.length > 0 ? (
          <Renamed renamed={done.renamed} {...props} />
        ) : null}
      </form>
    </details>
  );
}

/** What would come of it: to hand it back brings neither access nor unsaved edits back. `count`: null for everything. */
function agree(
  { trans, person }: IProps,
  to: AdminUser,
  count: number | null
): Promise<boolean> {
  return confirmAct({
    title:
      count === null
        ? trans.__('Hand everything over to %1?', to.username)
        : trans._n(
            'Hand %1 item over to %2?',
            'Hand %1 items over to %2?',
            count,
            to.username
          ),
    text: trans.__(
      '%1 loses access at once, and unsaved edits of it are lost.',
      person.username
    ),
    act: trans.__('Hand over'),
    trans
  });
}

function Choice({
  items,
  isPart,
  trans,
  chosen,
  onChoose
}: IProps & {
  chosen: ReadonlySet<string>;
  onChoose: (chosen: ReadonlySet<string>) => void;
}): JSX.Element {
  const turn = (id: string, isOn: boolean): void => {
    const next = new Set(chosen);
    if (isOn) {
      next.add(id);
    } else {
      next.delete(id);
    }
    onChoose(next);
  };
  return (
    <fieldset className="jp-QuantLab-Admin-choice">
      <legend>{trans.__('Items')}</legend>
      {items.map(item => (
        <label key={item.id}>
          <input
            type="checkbox"
            checked={chosen.has(item.id)}
            onChange={event => turn(item.id, event.target.checked)}
          />
          <bdi>{item.name}</bdi>
          <span className="jp-QuantLab-muted">
            {kindLabel(item.kind, trans)}
          </span>
        </label>
      ))}
      {isPart ? (
        <p className="jp-QuantLab-muted">
          {trans.__('Only what is shown below can be chosen: show more there.')}
        </p>
      ) : null}
    </fieldset>
  );
}

function Renamed({
  renamed,
  trans
}: IProps & Pick<AdminTransferred, 'renamed'>): JSX.Element {
  return (
    <>
      <p>{trans.__('The new owner had these names already:')}</p>
      <ul>
        {renamed.map(one => (
          <li key={one.id}>
            {trans.__('“%1” is now “%2”', one.before, one.name)}
          </li>
        ))}
      </ul>
    </>
  );
}
