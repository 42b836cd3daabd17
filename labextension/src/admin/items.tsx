/**
 * What one person has saved.
 */
import * as React from 'react';

import type { AdminItem, AdminUser } from '../api/models';
import { byteSize, fullTime, kindLabel, relativeTime } from '../ui/format';
import { confirmAct } from '../ui/confirm';
import { Loading, useLoaded } from '../ui/loaded';
import { EmptyState, ErrorBox } from '../ui/states';
import { HandOver } from './handOver';
import type { IAdminSectionProps } from './sections';
import { showItem } from './view';

export function Items(
  props: IAdminSectionProps & { person: AdminUser; onBack: () => void }
): JSX.Element {
  const { admin, trans, person, onBack } = props;
  const [error, setError] = React.useState<unknown>(null);
  const back = React.useRef<HTMLButtonElement>(null);
  React.useEffect(() => back.current?.focus(), []);
  const loaded = useLoaded(
    async signal => {
      const pages = await Promise.all([
        admin.items(person.id, 'workflows', signal),
        admin.items(person.id, 'layouts', signal)
      ]);
      return pages.flatMap(page => page.items);
    },
    [admin, person.id]
  );
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
      loaded.again();
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
      <HandOver {...props} items={loaded.value ?? []} onMoved={loaded.again} />
      <Loading
        loaded={loaded}
        trans={trans}
        label={trans.__('Loading what is saved')}
      >
        {items =>
          items.length === 0 ? (
            <EmptyState
              title={trans.__('Nothing saved')}
              text={trans.__('Workflows and layouts would be listed here.')}
            />
          ) : (
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
                        void showItem({ admin, trans, person, item }).catch(
                          setError
                        )
                      }
                    >
                      {trans.__('Open')}
                    </button>
                    <button
                      type="button"
                      className="jp-mod-styled jp-mod-reject"
                      aria-label={trans.__('Delete %1', item.name)}
                      onClick={() => void remove(item)}
                    >
                      {trans.__('Delete…')}
                    </button>
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loading>
    </>
  );
}
