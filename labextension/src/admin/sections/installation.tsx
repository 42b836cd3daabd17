/**
 * Settings of the whole installation: what can be changed while it runs, and what it was started with.
 */
import * as React from 'react';

import { roleLabel } from '../../account/words';
import type {
  InstallationSettings,
  InstallationSettingsPatch
} from '../../api/models';
import { Field } from '../../ui/fields';
import { Loading, useLoaded } from '../../ui/loaded';
import { ErrorBox } from '../../ui/states';
import { ROLES } from '../ids';
import type { IAdminSectionProps } from '../sections';

export default function InstallationSection(
  props: IAdminSectionProps
): JSX.Element {
  const { admin, trans } = props;
  const loaded = useLoaded(signal => admin.settings(signal), [admin]);
  const [error, setError] = React.useState<unknown>(null);
  const change = async (patch: InstallationSettingsPatch): Promise<void> => {
    try {
      await admin.changeSettings(patch);
      setError(null);
      loaded.again();
    } catch (problem) {
      setError(problem);
    }
  };
  const given = { ...props, onChange: (patch: object) => void change(patch) };
  return (
    <>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
      <Loading
        loaded={loaded}
        trans={trans}
        label={trans.__('Loading the settings')}
      >
        {settings => (
          <>
            <div className="jp-QuantLab-Form jp-QuantLab-Admin-form">
              <SignUp {...given} settings={settings} />
              <RequiredRoles {...given} settings={settings} />
            </div>
            <h3>{trans.__('As the service was started')}</h3>
            <Fixed {...given} settings={settings} />
          </>
        )}
      </Loading>
    </>
  );
}

interface IPartProps extends IAdminSectionProps {
  settings: InstallationSettings;
  onChange: (patch: InstallationSettingsPatch) => void;
}

function SignUp(props: IPartProps): JSX.Element {
  const { trans, settings, onChange } = props;
  const now = settings.registration;
  const words: Record<string, string> = {
    open: trans.__('Everybody'),
    invitation: trans.__('Who was invited'),
    closed: trans.__('Nobody')
  };
  return (
    <Field
      id="quantlab-settings-registration"
      label={trans.__('Who may sign up')}
      hint={
        now.changeable ? undefined : trans.__('Fixed by the configuration.')
      }
    >
      {aria => (
        <select
          {...aria}
          className="jp-mod-styled"
          disabled={!now.changeable}
          value={now.source === 'run_time' ? String(now.value) : ''}
          onChange={event =>
            onChange({
              registration: (event.target.value ||
                null) as InstallationSettingsPatch['registration']
            })
          }
        >
          <option value="">
            {trans.__('As configured: %1', words[String(now.configured)])}
          </option>
          {Object.entries(words).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function RequiredRoles(props: IPartProps): JSX.Element {
  const { trans, settings, onChange } = props;
  const now = settings.required_roles;
  const chosen = new Set(now.value as string[]);
  return (
    <fieldset className="jp-QuantLab-Admin-roles" disabled={!now.changeable}>
      <legend>{trans.__('Roles that need a second factor')}</legend>
      {ROLES.map(role => (
        <label key={role}>
          <input
            type="checkbox"
            checked={chosen.has(role)}
            onChange={event =>
              onChange({
                required_roles: ROLES.filter(one =>
                  one === role ? event.target.checked : chosen.has(one)
                )
              })
            }
          />{' '}
          {roleLabel(role, trans)}
        </label>
      ))}
      {now.source === 'run_time' ? (
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={() => onChange({ required_roles: null })}
        >
          {trans.__('As configured')}
        </button>
      ) : null}
    </fieldset>
  );
}

function Fixed({ trans, settings }: IPartProps): JSX.Element {
  const sources: Record<string, string> = {
    default: trans.__('default'),
    configuration: trans.__('configuration'),
    environment: trans.__('environment')
  };
  return (
    <div
      className="jp-QuantLab-Admin-scroll"
      role="region"
      aria-label={trans.__('Settings of the start')}
      tabIndex={0}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">{trans.__('Setting')}</th>
            <th scope="col">{trans.__('Value')}</th>
            <th scope="col">{trans.__('From')}</th>
          </tr>
        </thead>
        <tbody>
          {settings.fixed.map(one => (
            <tr key={one.name}>
              <th scope="row" className="jp-QuantLab-Admin-setting">
                <Broken name={one.name} />
              </th>
              <td>{JSON.stringify(one.value)}</td>
              <td className="jp-QuantLab-Admin-words">{sources[one.source]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A long name of several words, which lines may end between, but not within. */
function Broken(props: { name: string }): JSX.Element {
  const parts = props.name.split(/(?<=[._])/);
  return (
    <>
      {parts.map((part, index) => (
        <React.Fragment key={index}>
          {part}
          <wbr />
        </React.Fragment>
      ))}
    </>
  );
}
