/**
 * Log-ins at other services that lead to this account.
 */
import * as React from 'react';

import type { OidcLink } from '../../api/models';
import { confirmAct } from '../../ui/confirm';
import { fullTime, relativeTime } from '../../ui/format';
import { Loading, useLoaded } from '../../ui/loaded';
import { ErrorBox } from '../../ui/states';
import { ProviderButtons } from '../providers';
import type { IAccountSectionProps } from '../sections';

export default function LinkedSection(
  props: IAccountSectionProps
): JSX.Element {
  const { client, trans } = props;
  const loaded = useLoaded(
    async signal => ({
      links: await client.oidc.links(signal),
      providers: await client.oidc.providers(signal)
    }),
    [client]
  );
  return (
    <Loading
      loaded={loaded}
      trans={trans}
      label={trans.__('Loading the linked log-ins')}
    >
      {({ links, providers }) => (
        <>
          <Links {...props} links={links} onChanged={loaded.again} />
          {providers.length === 0 ? (
            <p className="jp-QuantLab-muted">
              {trans.__('No other service is set up here.')}
            </p>
          ) : (
            <ProviderButtons
              providers={providers}
              trans={trans}
              label={({ label }) => trans.__('Link %1', label)}
              begin={(name, challenge) =>
                client.oidc.startLink(name, challenge)
              }
              redeem={async body => {
                await client.oidc.link(body);
                loaded.again();
              }}
            />
          )}
        </>
      )}
    </Loading>
  );
}

function Links(
  props: IAccountSectionProps & { links: OidcLink[]; onChanged: () => void }
): JSX.Element {
  const { client, links, trans, onChanged } = props;
  const [error, setError] = React.useState<unknown>(null);
  const isUnderWay = React.useRef(false);
  const unlink = async ({ id, label }: OidcLink): Promise<void> => {
    if (isUnderWay.current) {
      return;
    }
    isUnderWay.current = true;
    try {
      const agreed = await confirmAct({
        title: trans.__('Unlink %1?', label),
        text: trans.__(
          'That log-in does not lead to this account any more. You can link it again.'
        ),
        act: trans.__('Unlink'),
        trans
      });
      if (agreed) {
        await client.oidc.unlink(id);
        setError(null);
        onChanged();
      }
    } catch (reason) {
      setError(reason);
    } finally {
      isUnderWay.current = false;
    }
  };
  if (links.length === 0) {
    return (
      <p>{trans.__('No log-in at another service leads to this account.')}</p>
    );
  }
  return (
    <>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <ul
        className="jp-QuantLab-Sessions"
        aria-label={trans.__('Linked log-ins')}
      >
        {links.map(link => (
          <li key={link.id}>
            <div>
              <bdi>{link.label}</bdi>
              <div className="jp-QuantLab-muted">
                {link.email ? <bdi>{link.email} · </bdi> : null}
                <time
                  dateTime={link.last_used_at}
                  title={fullTime(link.last_used_at)}
                >
                  {trans.__('last used %1', relativeTime(link.last_used_at))}
                </time>
              </div>
            </div>
            <button
              type="button"
              className="jp-mod-styled jp-mod-reject"
              aria-label={trans.__('Unlink %1', link.label)}
              onClick={() => void unlink(link)}
            >
              {trans.__('Unlink')}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
