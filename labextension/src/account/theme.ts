/**
 * The theme that a person prefers, in this page.
 */
import type { IThemeManager } from '@jupyterlab/apputils';

import type { Profile } from '../api/models';

export type ThemePreference = Profile['preferences']['theme'];

/** What is used of JupyterLab's themes. */
export type Themes = Pick<
  IThemeManager,
  'theme' | 'themes' | 'isLight' | 'setTheme'
>;

/**
 * Show a theme as preferred. A theme that is light (or dark) already stays, whichever it is; `system` leaves the choice
 * to JupyterLab's own setting.
 */
export async function applyTheme(
  themes: Themes | null,
  preference: ThemePreference
): Promise<void> {
  if (!themes || preference === 'system') {
    return;
  }
  const wanted = preference === 'light';
  if (themes.theme && themes.isLight(themes.theme) === wanted) {
    return;
  }
  const usual = wanted ? 'JupyterLab Light' : 'JupyterLab Dark';
  const found = themes.themes.includes(usual)
    ? usual
    : themes.themes.find(name => themes.isLight(name) === wanted);
  if (found) {
    await themes.setTheme(found);
  }
}
