/**
 * What is done with one person, asked about before where others would notice, undone where that is possible.
 */
import { Notification } from '@jupyterlab/apputils';

import type { AdminUser } from '../api/models';
import { attempt } from '../ui/attempt';
import { confirmAct } from '../ui/confirm';
import { choosePlan } from './plan';
import type { IAdminSectionProps } from './sections';

interface IPersonProps extends IAdminSectionProps {
  person: AdminUser;
  onPut: (person: AdminUser) => void;
  onChanged: () => void;
  people: readonly AdminUser[];
}

/** Do it. Rejects as the client does. */
export async function changePerson(
  act: string,
  props: IPersonProps
): Promise<void> {
  const { admin, trans, person, onPut } = props;
  switch (act) {
    case 'end':
      await admin.endSessions(person.id);
      Notification.emit(
        trans.__('%1 is signed out', person.username),
        'success',
        { autoClose: 4000 }
      );
      break;
    case 'plan':
      await give(props);
      break;
    case 'enable':
      onPut(await admin.change(person.id, { is_active: true }));
      break;
    case 'undelete':
      onPut(await admin.undelete(person.id));
      break;
    case 'disable':
      await disable(props);
      break;
    case 'delete':
      await remove(props);
      break;
  }
}

async function give(props: IPersonProps): Promise<void> {
  const plans = [...new Set(props.people.map(one => one.tier))].sort();
  const person = await choosePlan({ ...props, plans });
  if (person) {
    props.onPut(person);
  }
}

async function disable(props: IPersonProps): Promise<void> {
  const { admin, trans, person, onPut } = props;
  const agreed = await confirmAct({
    title: trans.__('Disable %1?', person.username),
    text: trans.__(
      'Whoever it is signs out everywhere at once and cannot sign in until you enable the account again. What is saved stays.'
    ),
    act: trans.__('Disable'),
    trans
  });
  if (agreed) {
    onPut(await admin.change(person.id, { is_active: false }));
  }
}

async function remove(props: IPersonProps): Promise<void> {
  const { admin, trans, person, onChanged } = props;
  const agreed = await confirmAct({
    title: trans.__('Delete %1?', person.username),
    text: trans.__(
      'The account is disabled at once. After 14 days it is removed for good, with everything it saved; until then you can take this back.'
    ),
    act: trans.__('Delete'),
    trans
  });
  if (!agreed) {
    return;
  }
  await admin.remove(person.id);
  onChanged();
  const undo = async (): Promise<void> => {
    await admin.undelete(person.id);
    onChanged();
  };
  Notification.emit(trans.__('%1 is deleted', person.username), 'info', {
    autoClose: 10_000,
    actions: [
      { label: trans.__('Undo'), callback: () => void attempt(trans, undo) }
    ]
  });
}
