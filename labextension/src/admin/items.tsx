/**
 * What one person has saved.
 */
import * as React from 'react';

import type { AdminItem, AdminUser } from '../api/models';
import { byteSize, fullTime, kindLabel, relativeTime } from '../ui/format';
import { confirmAct } from '../ui/confirm';
import type { IPaged } from '../ui/paged';
import { Paged, usePaged } from '../ui/paged';
import { ErrorBox } from '../ui/states';
import { HandOver } from './handOver';
import type { IAdminSectionProps } from './sections';
import { showItem } from './view';

interface IItemsProps extends IAdminSectionProps {
  person: AdminUser;
  onBack: () => void;
}

export function Items(props: IItemsProps): JSX.Element {
  const { admin, trans, person, onBack } = props;
  const [error, setError] = React.useState<unknown>(null);
  const back = React.useRef<HTMLButtonElement>(null);
  React.useEffect(() => back.current?.focus(), []);
  const workflows = useItems(props, 'workflows');
  const layouts = useItems(props, 'layouts');
  const again = (): void => {
    workflows.again();
    layouts.again();
  };
  const remove = async (item: AdminItem): Promise<void> => {
    const agreed = await confirmAct({
      title: trans.__('Delete “%1”?', item.name),
      text: trans.__(
        '%1 sees that you did, and can take it back as after an own deletion.',
        person.username
      ),
      act: trans.__('Delete'),
      trans
    });
    if (!agreed) {
      return;
    }
    try {
      await admin.removeItem(person.id, item);
      setError(null);
      again();
    } catch (reason) {
      setError(reason);
    }
  };
  return (
    <>
      <div className="jp-QuantLab-Actions">
        <button
          ref={back}
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={onBack}
        >
          {trans.__('Back to the people')}
        </button>
      </div>
      <h3>{trans.__('Saved by %1', person.username)}</h3>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <HandOver
        {...props}
        items={[...(workflows.items ?? []), ...(layouts.items ?? [])]}
        isPart={workflows.hasMore || layouts.hasMore}
        onMoved={again}
      />
      <h4>{trans.__('Workflows')}</h4>
      <List
        {...props}
        paged={workflows}
        empty={trans.__('No workflows saved')}
        onRemove={item => void remove(item)}
        onError={setError}
      />
      <h4>{trans.__('Chart layouts')}</h4>
      <List
        {...props}
        paged={layouts}
        empty={trans.__('No chart layouts saved')}
        onRemove={item => void remove(item)}
        onError={setError}
      />
    </>
  );
}

function useItems(
  { admin, person }: IItemsProps,
  resource: AdminItem['resource']
): IPaged<AdminItem> {
  return usePaged(
    (cursor, signal) => admin.items(person.id, { resource, cursor }, signal),
    [admin, person.id, resource]
  );
}

function List(
  props: IItemsProps & {
    paged: IPaged<AdminItem>;
    empty: string;
    onRemove: (item: AdminItem) => void;
    onError: (error: unknown) => void;
  }
): JSX.Element {
  const { admin, trans, person, paged, empty, onRemove, onError } = props;
  return (
    <Paged
      paged={paged}
      trans={trans}
      label={trans.__('Loading what is saved')}
      count={shown => trans._n('%1 item shown', '%1 items shown', shown)}
      empty={<p className="jp-QuantLab-muted">{empty}</p>}
    >
      {items => (
        <ul className="jp-QuantLab-Sessions">
          {items.map(item => (
            <li key={item.id}>
              <div>
                <bdi>{item.name}</bdi>
                <div
                  className="jp-QuantLab-muted"
                  title={fullTime(item.updated_at)}
                >
                  {[
                    kindLabel(item.kind, trans),
                    byteSize(item.size),
                    relativeTime(item.updated_at)
                  ].join(' · ')}
                </div>
              </div>
              <div className="jp-QuantLab-Actions">
                <button
                  type="button"
                  className="jp-mod-styled jp-mod-reject"
                  aria-label={trans.__('Open %1', item.name)}
                  onClick={() =>
                    void showItem({ admin, trans, person, item }).catch(onError)
                  }
                >
                  {trans.__('Open')}
                </button>
                <button
                  type="button"
                  className="jp-mod-styled jp-mod-reject"
                  aria-label={trans.__('Delete %1', item.name)}
                  onClick={() => onRemove(item)}
                >
                  {trans.__('Delete…')}
                </button>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Paged>
  );
}
