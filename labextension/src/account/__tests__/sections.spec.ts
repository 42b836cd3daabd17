import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import { sectionOf } from '../../ui/sections';
import type { IAccountSectionProps } from '../sections';
import { SECTIONS } from '../sections';
import type { Themes } from '../theme';
import { applyTheme } from '../theme';

const trans = nullTranslator.load('quantlab');

/** What decides which sections a person has. */
function person(isLocal: boolean): IAccountSectionProps {
  return { session: { user: { is_local: isLocal } } } as IAccountSectionProps;
}

describe('the sections of the account page', () => {
  it('have ids and titles of their own', () => {
    expect(new Set(SECTIONS.map(one => one.id)).size).toBe(SECTIONS.length);
    const titles = SECTIONS.map(one => one.title(trans));
    expect(new Set(titles).size).toBe(SECTIONS.length);
  });

  it('are found by their id, and the first stands for what is not there', () => {
    const found = (id: string, isLocal: boolean): string =>
      sectionOf(SECTIONS, person(isLocal), id).id;
    expect(found('sessions', false)).toBe('sessions');
    expect(found('password', false)).toBe('password');
    expect(found('password', true)).toBe('profile');
    expect(found('', false)).toBe('profile');
    expect(found('nonsense', false)).toBe('profile');
  });
});

/** JupyterLab's themes as a list; the dark ones say so. */
class ThemeList implements Themes {
  constructor(
    public theme: string,
    readonly themes: readonly string[]
  ) {}

  isLight(name: string): boolean {
    return !name.includes('Dark');
  }

  setTheme(name: string): Promise<void> {
    this.theme = name;
    return Promise.resolve();
  }
}

describe('the preferred theme', () => {
  const usual = ['JupyterLab Light', 'JupyterLab Dark', 'Solarized Dark'];

  it('is shown', async () => {
    const themes = new ThemeList('JupyterLab Light', usual);
    await applyTheme(themes, 'dark');
    expect(themes.theme).toBe('JupyterLab Dark');
    await applyTheme(themes, 'light');
    expect(themes.theme).toBe('JupyterLab Light');
  });

  it('leaves a theme alone that is as dark as wanted, and the choice to JupyterLab', async () => {
    const themes = new ThemeList('Solarized Dark', usual);
    await applyTheme(themes, 'dark');
    await applyTheme(themes, 'system');
    expect(themes.theme).toBe('Solarized Dark');
  });

  it('is another of the kind where the usual one is not installed', async () => {
    const themes = new ThemeList('Day', ['Day', 'Dark Night']);
    await applyTheme(themes, 'dark');
    expect(themes.theme).toBe('Dark Night');
    await applyTheme(new ThemeList('Day', ['Day']), 'dark');
  });
});
