/**
 * The kill switches: what is stopped, why, since when and by whom; turned after a question.
 */
import * as React from 'react';

import type { KillSwitch } from '../../api/models';
import { TextField } from '../../ui/fields';
import { fullTime } from '../../ui/format';
import { Loading, useLoaded } from '../../ui/loaded';
import { ErrorBox } from '../../ui/states';
import { confirmAct } from '../../ui/confirm';
import type { IAdminSectionProps } from '../sections';

export default function KillSwitchSection(
  props: IAdminSectionProps
): JSX.Element {
  const { admin, trans } = props;
  const loaded = useLoaded(signal => admin.killSwitches(signal), [admin]);
  return (
    <Loading
      loaded={loaded}
      trans={trans}
      label={trans.__('Loading the kill switches')}
    >
      {({ access, trading }) => (
        <>
          <One {...props} now={access} onTurned={loaded.again} />
          <One {...props} now={trading} onTurned={loaded.again} />
        </>
      )}
    </Loading>
  );
}

function One(
  props: IAdminSectionProps & { now: KillSwitch; onTurned: () => void }
): JSX.Element {
  const { admin, trans, now, onTurned } = props;
  const [reason, setReason] = React.useState('');
  const [missing, setMissing] = React.useState(false);
  const [error, setError] = React.useState<unknown>(null);
  const words = wordsOf(props);
  const turn = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    if (!now.on && reason.trim() === '') {
      setMissing(true);
      return;
    }
    const agreed =
      now.on ||
      (await confirmAct({
        title: words.question,
        text: words.effect,
        act: words.stop,
        trans
      }));
    if (!agreed) {
      return;
    }
    try {
      await admin.turn({ target: now.target, on: !now.on, reason });
      setReason('');
      setError(null);
      onTurned();
    } catch (problem) {
      setError(problem);
    }
  };
  const id = `quantlab-kill-${now.target}`;
  return (
    <form
      className="jp-QuantLab-Form jp-QuantLab-Admin-form"
      aria-label={words.title}
      onSubmit={event => void turn(event)}
    >
      <h3>{words.title}</h3>
      <p role="status">
        <strong>{now.on ? words.isOff : words.isOn}</strong>
        {now.on ? ` ${now.reason}` : ''}
      </p>
      {now.changed_at ? (
        <p className="jp-QuantLab-muted">
          {trans.__(
            'Turned %1 by %2',
            fullTime(now.changed_at),
            now.changed_by ??
              trans.__('the command line, or somebody who is gone')
          )}
        </p>
      ) : null}
      {now.on ? null : (
        <TextField
          id={id}
          label={trans.__('Reason')}
          hint={words.readers}
          value={reason}
          error={missing ? trans.__('Say why.') : null}
          required
          onChange={value => {
            setReason(value);
            setMissing(false);
          }}
        />
      )}
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className={`jp-mod-styled ${now.on ? 'jp-mod-accept' : 'jp-mod-warn'}`}
        >
          {now.on ? words.start : `${words.stop}…`}
        </button>
      </div>
    </form>
  );
}

interface IWords {
  title: string;
  isOn: string;
  isOff: string;
  question: string;
  effect: string;
  stop: string;
  start: string;
  /** Who reads the reason. */
  readers: string;
}

function wordsOf({
  trans,
  now
}: IAdminSectionProps & { now: KillSwitch }): IWords {
  return now.target === 'access'
    ? {
        title: trans.__('Access'),
        isOn: trans.__('Everybody has access.'),
        isOff: trans.__('Access is switched off.'),
        question: trans.__('Switch access off for everybody?'),
        effect: trans.__(
          'Within seconds nobody can read or save, in every process; administrators may look, and operators can switch it on again here. What people have not saved stays in their browsers.'
        ),
        stop: trans.__('Switch access off'),
        start: trans.__('Let everybody in again'),
        readers: trans.__('Everybody who is kept out sees it, word for word.')
      }
    : {
        title: trans.__('Trading'),
        isOn: trans.__('Trading is not stopped.'),
        isOff: trans.__('Trading is stopped.'),
        question: trans.__('Stop trading?'),
        effect: trans.__(
          'Nothing trades in this release: it is noted, and counts once something does.'
        ),
        stop: trans.__('Stop trading'),
        start: trans.__('Allow trading again'),
        readers: trans.__('Operators see it here and in the audit log.')
      };
}
