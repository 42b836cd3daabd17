/**
 * What the library panel is narrowed to.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { searchIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Select } from '../ui/select';
import type { LibraryController } from './controller';
import type { LibraryFilter, LibraryView } from './filter';
import type { KindFilter } from './sources';

export interface IFiltersProps {
  controller: LibraryController;
  trans: TranslationBundle;
}

/** Search, views, kind, project and tag. */
export function Filters(props: IFiltersProps): JSX.Element {
  const { controller, trans } = props;
  const { model } = controller;
  const { filter } = model;
  const [text, setText] = React.useState(filter.search);
  const set = (change: Partial<LibraryFilter>): void => {
    void model.setFilter(change);
  };
  React.useEffect(() => {
    // Cleared from elsewhere ("Clear filters", another person).
    if (filter.search === '') {
      setText('');
    }
  }, [filter.search]);
  const views: [LibraryView, string][] = [
    ['all', trans.__('All')],
    ['pinned', trans.__('Pinned')],
    ['recent', trans.__('Recent')],
    ['shared', trans.__('Shared with me')],
    ['deleted', trans.__('Deleted')]
  ];
  return (
    <div className="jp-QuantLab-Filters" role="search">
      <label className="jp-QuantLab-Search">
        <searchIcon.react tag="span" width="16px" aria-hidden />
        <span className="jp-QuantLab-visuallyHidden">
          {trans.__('Search the library')}
        </span>
        <input
          type="search"
          className="jp-mod-styled"
          placeholder={trans.__('Search name, description, tags')}
          value={text}
          spellCheck={false}
          onChange={event => {
            setText(event.target.value);
            model.search(event.target.value);
          }}
        />
      </label>
      <div
        className="jp-QuantLab-Chips"
        role="group"
        aria-label={trans.__('Show')}
      >
        {views.map(([view, label]) => (
          <button
            key={view}
            type="button"
            className="jp-QuantLab-Chip"
            aria-pressed={filter.view === view}
            onClick={() => set({ view })}
          >
            {label}
          </button>
        ))}
      </div>
      <div className="jp-QuantLab-Selects">
        <Select
          label={trans.__('Kind')}
          value={filter.kind}
          options={kinds(trans)}
          onChange={kind => set({ kind: kind as KindFilter })}
        />
        <Select
          label={trans.__('Project')}
          value={filter.project}
          options={[
            ['', trans.__('All projects')],
            ['none', trans.__('No project')],
            ...model.projects.map((project): [string, string] => [
              project.id,
              project.name
            ])
          ]}
          onChange={project => set({ project })}
        />
        <Select
          label={trans.__('Tag')}
          value={filter.tag}
          options={[
            ['', trans.__('Any tag')],
            ...model.tags.map((tag): [string, string] => [tag, tag])
          ]}
          onChange={tag => set({ tag })}
        />
      </div>
    </div>
  );
}

/** Kinds with their names, all of them first. */
export function kinds(trans: TranslationBundle): [KindFilter, string][] {
  return [
    ['', trans.__('All kinds')],
    ['notebook', trans.__('Notebooks')],
    ['python', trans.__('Scripts')],
    ['layout', trans.__('Layouts')]
  ];
}
