/**
 * Sections of the dashboard: shelves of cards, projects and tags, and what a search found.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { folderIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { LibraryItem, Project } from '../api/models';
import { LibraryCommandIDs } from '../library/ids';
import { missingWords } from '../library/sources';
import { EmptyState, ErrorBox, Skeleton } from '../ui/states';
import { Card } from './card';
import type { DashboardModel } from './model';
import type { Shelf } from './shelf';

interface IShelfProps {
  shelf: Shelf;
  model: DashboardModel;
  trans: TranslationBundle;
  onOpen: (item: LibraryItem) => void;
  onPin: (item: LibraryItem, pinned: boolean) => void;
}

/** A heading over cards. `nothing`: what a section without any says. */
export function Section(
  props: IShelfProps & { title: string; nothing: string }
): JSX.Element {
  const { title, nothing, shelf } = props;
  const id = React.useId();
  return (
    <section className="jp-QuantLab-Dashboard-section" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <Cards {...props} />
      {shelf.status === 'ready' && shelf.items.length === 0 ? (
        <p className="jp-QuantLab-Dashboard-hint">{nothing}</p>
      ) : null}
    </section>
  );
}

/** The cards of a shelf, or why there are none. */
function Cards(props: IShelfProps): JSX.Element {
  const { shelf, model, trans, onOpen, onPin } = props;
  const retry = (): void => void model.load();
  const problems = (
    <>
      {shelf.status === 'error' ? (
        <ErrorBox
          error={shelf.error}
          trans={trans}
          kept={
            shelf.items.length > 0
              ? trans.__('What is shown may be out of date.')
              : undefined
          }
          onRetry={retry}
        />
      ) : null}
      {shelf.failures.map(failure => (
        <ErrorBox
          key={failure.name}
          error={failure.error}
          trans={trans}
          kept={missingWords(failure.name, trans)}
          onRetry={retry}
        />
      ))}
    </>
  );
  if (shelf.status === 'idle' || shelf.status === 'loading') {
    return <Skeleton rows={3} label={trans.__('Loading what you saved')} />;
  }
  return (
    <>
      {problems}
      {shelf.items.length > 0 ? (
        <ul className="jp-QuantLab-Cards">
          {shelf.items.map(item => (
            <Card
              key={item.id}
              item={item}
              client={model.client}
              project={model.projectName(item.project_id)}
              trans={trans}
              onOpen={onOpen}
              onPin={onPin}
            />
          ))}
        </ul>
      ) : null}
      <More shelf={shelf} trans={trans} />
    </>
  );
}

function More(props: {
  shelf: Shelf;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { shelf, trans } = props;
  if (shelf.moreError !== null) {
    return (
      <ErrorBox
        error={shelf.moreError}
        trans={trans}
        onRetry={() => void shelf.more()}
      />
    );
  }
  return shelf.hasMore ? (
    <button
      type="button"
      className="jp-QuantLab-Chip"
      disabled={shelf.loadingMore}
      onClick={() => void shelf.more()}
    >
      {shelf.loadingMore ? trans.__('Loading more…') : trans.__('Show more')}
    </button>
  ) : null;
}

/** What the search, a project or a tag gave. */
export function Found(props: Omit<IShelfProps, 'shelf'>): JSX.Element {
  const { model, trans } = props;
  const { found, narrowing } = model;
  const project = model.projectName(narrowing.project);
  const where = [
    project === null ? '' : trans.__('in “%1”', project),
    narrowing.tag === '' ? '' : trans.__('tagged “%1”', narrowing.tag)
  ].filter(Boolean);
  const count = found.total ?? found.items.length;
  const ready = found.status === 'ready';
  return (
    <section
      className="jp-QuantLab-Dashboard-section"
      aria-labelledby="jp-quantlab-dashboard-found"
    >
      <div className="jp-QuantLab-Dashboard-bar">
        <h2 id="jp-quantlab-dashboard-found" tabIndex={-1}>
          {[trans.__('Found'), ...where].join(' ')}
        </h2>
        <span role="status">
          {ready ? trans._n('%1 item', '%1 items', count) : ''}
        </span>
        <button
          type="button"
          className="jp-QuantLab-Chip"
          onClick={() => model.widen()}
        >
          {trans.__('Show everything')}
        </button>
      </div>
      {ready && found.items.length === 0 && found.failures.length === 0 ? (
        <EmptyState
          title={trans.__('Nothing found')}
          text={trans.__(
            'Search looks in names, descriptions and tags, and in the symbols of layouts.'
          )}
        />
      ) : (
        <Cards {...props} shelf={found} />
      )}
    </section>
  );
}

/** Projects and tags. A click shows what is in them. */
export function Groups(props: {
  model: DashboardModel;
  commands: CommandRegistry;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, trans } = props;
  const { tags } = model;
  return (
    <>
      <section
        className="jp-QuantLab-Dashboard-section"
        aria-labelledby="jp-quantlab-dashboard-projects"
      >
        <h2 id="jp-quantlab-dashboard-projects">{trans.__('Projects')}</h2>
        <Projects {...props} />
      </section>
      <section
        className="jp-QuantLab-Dashboard-section"
        aria-labelledby="jp-quantlab-dashboard-tags"
      >
        <h2 id="jp-quantlab-dashboard-tags">{trans.__('Tags')}</h2>
        {tags.length === 0 ? (
          <p className="jp-QuantLab-Dashboard-hint">
            {trans.__('Tag what you save to find it by what it is about.')}
          </p>
        ) : (
          <ul className="jp-QuantLab-Dashboard-tags">
            {tags.map(tag => (
              <li key={tag}>
                <button
                  type="button"
                  className="jp-QuantLab-Chip"
                  onClick={() => model.narrow({ tag })}
                >
                  <bdi>{tag}</bdi>
                </button>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

function Projects(props: {
  model: DashboardModel;
  commands: CommandRegistry;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, commands, trans } = props;
  const { projects, projectsError } = model;
  if (projects === null) {
    return projectsError === null ? (
      <Skeleton rows={1} label={trans.__('Loading projects')} />
    ) : (
      <ErrorBox
        error={projectsError}
        trans={trans}
        onRetry={() => void model.load()}
      />
    );
  }
  if (projects.length === 0) {
    return (
      <p className="jp-QuantLab-Dashboard-hint">
        {trans.__('A project keeps together what belongs together.')}{' '}
        <button
          type="button"
          className="jp-QuantLab-Link"
          onClick={() => void commands.execute(LibraryCommandIDs.projects)}
        >
          {trans.__('Make a project')}
        </button>
      </p>
    );
  }
  return (
    <ul className="jp-QuantLab-Cards">
      {projects.map(project => (
        <ProjectCard
          key={project.id}
          project={project}
          trans={trans}
          onClick={() => model.narrow({ project: project.id })}
        />
      ))}
    </ul>
  );
}

function ProjectCard(props: {
  project: Project;
  trans: TranslationBundle;
  onClick: () => void;
}): JSX.Element {
  const { project, trans, onClick } = props;
  const count = (project.workflows ?? 0) + (project.layouts ?? 0);
  return (
    <li className="jp-QuantLab-Card">
      <button type="button" className="jp-QuantLab-Card-open" onClick={onClick}>
        <folderIcon.react
          tag="span"
          className="jp-QuantLab-Card-icon"
          width="22px"
          height="22px"
        />
        <span className="jp-QuantLab-Card-text">
          <span className="jp-QuantLab-Card-title">
            <bdi className="jp-QuantLab-Card-name" title={project.name}>
              {project.name}
            </bdi>
          </span>
          <span className="jp-QuantLab-Card-more">
            {trans._n('%1 item', '%1 items', count)}
          </span>
        </span>
      </button>
    </li>
  );
}
