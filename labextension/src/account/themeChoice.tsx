/**
 * The choice of a theme: kept with the account, and shown at once.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { Profile } from '../api/models';
import { Field } from '../ui/fields';
import { ErrorBox } from '../ui/states';
import type { ThemePreference, Themes } from './theme';
import { applyTheme } from './theme';

export function ThemeChoice(props: {
  client: QuantLabClient;
  profile: Profile;
  themes: Themes | null;
  trans: TranslationBundle;
}): JSX.Element {
  const { client, profile, themes, trans } = props;
  const [theme, setTheme] = React.useState(profile.preferences.theme);
  const [error, setError] = React.useState<unknown>(null);
  const choose = async (chosen: ThemePreference): Promise<void> => {
    const before = theme;
    setTheme(chosen);
    setError(null);
    try {
      // Another tab may have changed the other preferences meanwhile.
      const { preferences } = await client.profile();
      await client.updateProfile({
        preferences: { ...preferences, theme: chosen }
      });
      await applyTheme(themes, chosen);
    } catch (reason) {
      setTheme(before);
      setError(reason);
    }
  };
  return (
    <>
      <Field
        id="quantlab-theme"
        label={trans.__('Theme')}
        hint={trans.__('Where you sign in, JupyterLab takes it on.')}
      >
        {aria => (
          <select
            {...aria}
            className="jp-mod-styled"
            value={theme}
            onChange={event =>
              void choose(event.target.value as ThemePreference)
            }
          >
            <option value="system">{trans.__('As JupyterLab has it')}</option>
            <option value="light">{trans.__('Light')}</option>
            <option value="dark">{trans.__('Dark')}</option>
          </select>
        )}
      </Field>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
    </>
  );
}
