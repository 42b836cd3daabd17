/**
 * The dialog that gives somebody a plan, for good or until a day.
 */
import * as React from 'react';

import type { AdminUser } from '../api/models';
import { beginOfDay, lastDay } from '../ui/days';
import { Field, TextField } from '../ui/fields';
import { useForm } from '../ui/form';
import { ask } from '../ui/modal';
import { ErrorBox } from '../ui/states';
import type { IAdminSectionProps } from './sections';

interface IProps extends IAdminSectionProps {
  person: AdminUser;
  /** Plans that are known already. */
  plans: readonly string[];
}

/** The person as it is then; null when nothing was changed. */
export function choosePlan(props: IProps): Promise<AdminUser | null> {
  const title = props.trans.__('Plan of %1', props.person.username);
  return ask<AdminUser>(title, answer => (
    <PlanForm {...props} onDone={answer} />
  ));
}

function PlanForm(
  props: IProps & { onDone: (person: AdminUser | null) => void }
): JSX.Element {
  const { admin, trans, person, plans, onDone } = props;
  const { tier, tier_expires_at: end } = person;
  const [plan, setPlan] = React.useState(tier);
  const [day, setDay] = React.useState(end ? lastDay(end) : '');
  const form = useForm(['tier', 'tier_expires_at']);
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    const until = beginOfDay(day, 1);
    const wrong = {
      tier: plan.trim() === '' ? trans.__('Name a plan.') : undefined,
      tier_expires_at:
        day !== '' && (until === null || until.getTime() <= Date.now())
          ? trans.__('Choose a day from today on, or none.')
          : undefined
    };
    void form.send(wrong, async () => {
      const body = {
        tier: plan.trim(),
        tier_expires_at: until?.toISOString() ?? null
      };
      onDone(await admin.change(person.id, body));
    });
  };
  return (
    <form
      ref={form.ref}
      className="jp-QuantLab-Form"
      noValidate
      onSubmit={submit}
    >
      <Field
        id="quantlab-plan-name"
        label={trans.__('Plan')}
        error={form.refused.tier}
      >
        {aria => (
          <input
            {...aria}
            className="jp-mod-styled"
            list="quantlab-plan-names"
            value={plan}
            autoComplete="off"
            spellCheck={false}
            maxLength={20}
            onChange={event => {
              setPlan(event.target.value);
              form.touch('tier');
            }}
          />
        )}
      </Field>
      <datalist id="quantlab-plan-names">
        {plans.map(one => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <TextField
        id="quantlab-plan-day"
        type="date"
        label={trans.__('Last day')}
        optional={trans.__('(optional)')}
        hint={trans.__(
          'After that day the account is on the plan that everybody begins with. Without one the plan stays.'
        )}
        value={day}
        error={form.refused.tier_expires_at}
        onChange={text => {
          setDay(text);
          form.touch('tier_expires_at');
        }}
      />
      {form.error ? <ErrorBox error={form.error} trans={trans} /> : null}
      <div className="jp-QuantLab-Actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={form.isBusy}
        >
          {form.isBusy ? trans.__('Saving…') : trans.__('Save plan')}
        </button>
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={() => onDone(null)}
        >
          {trans.__('Cancel')}
        </button>
      </div>
    </form>
  );
}
