/**
 * The dialogs that find something saved: search, list, preview.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import { notebookIcon, pythonIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { Workflow, WorkflowItem } from '../api/models';
import { usedAt } from '../library/feed';
import type { IDialogControl } from '../ui/dialog';
import { showForm } from '../ui/dialog';
import { kindLabel, relativeTime } from '../ui/format';
import { EmptyState, ErrorBox, Skeleton } from '../ui/states';
import type { ISearched, Match } from './model';
import { FinderModel } from './model';
import { summarise } from './summary';

import '../../style/open.css';

const LIST = 'quantlab-open-list';

/** What is particular about the things that a dialog finds. */
export interface IFinderOptions<
  I extends Match,
  W extends { version: number }
> {
  saved: ISearched<I, W>;
  words: {
    title: string;
    /** Names of the search field and the list. */
    search: string;
    list: string;
    loading: string;
    /** What nobody has saved yet is saved how. */
    first: string;
    nothing: string;
  };
  icon: (item: I) => LabIcon;
  /** What kind of thing it is; empty where there is one kind. */
  kind: (item: I) => string;
  /** The preview's content. */
  content: (whole: W) => JSX.Element;
  /** A small picture, where there are such. */
  picture?: (item: I) => JSX.Element;
  /** What else can be chosen, below the list. */
  more?: JSX.Element;
  trans: TranslationBundle;
}

/** Choose one of what is saved; null: left. */
export async function showFinder<
  I extends Match,
  W extends { version: number }
>(options: IFinderOptions<I, W>): Promise<I | null> {
  const { trans, words } = options;
  const model = new FinderModel<I, W>(options.saved);
  void model.search();
  try {
    return await showForm<I>({
      title: words.title,
      className: 'jp-QuantLab-mod-open',
      accept: trans.__('Open'),
      cancel: trans.__('Cancel'),
      focus: 'input',
      render: control => (
        <Finder {...options} model={model} control={control} />
      ),
      submit: () => Promise.resolve(model.active ?? undefined)
    });
  } finally {
    model.dispose();
  }
}

/** Choose a workflow; null: left. */
export function askWorkflow(
  client: QuantLabClient,
  trans: TranslationBundle
): Promise<WorkflowItem | null> {
  return showFinder<WorkflowItem, Workflow>({
    saved: client.workflows,
    words: {
      title: trans.__('Open workflow'),
      search: trans.__('Search workflows'),
      list: trans.__('Workflows'),
      loading: trans.__('Loading workflows'),
      first: trans.__('Save a notebook as a workflow first.'),
      nothing: trans.__('No workflow matches these words.')
    },
    icon: item => (item.kind === 'python' ? pythonIcon : notebookIcon),
    kind: item => kindLabel(item.kind, trans),
    content: workflow => <Content workflow={workflow} trans={trans} />,
    trans
  });
}

type FinderProps<
  I extends Match,
  W extends { version: number }
> = IFinderOptions<I, W> & {
  model: FinderModel<I, W>;
  control: IDialogControl;
};

function Finder<I extends Match, W extends { version: number }>(
  props: FinderProps<I, W>
): JSX.Element {
  const { model, control, trans, words } = props;
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const update = (): void => redraw();
    model.changed.connect(update);
    return () => {
      model.changed.disconnect(update);
    };
  }, [model]);
  React.useEffect(() => control.setReady(model.active !== null));
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 8,
      PageUp: -8
    };
    if (event.key in steps) {
      event.preventDefault();
      model.step(steps[event.key]);
    }
  };
  return (
    <div className="jp-QuantLab-Open">
      <input
        type="search"
        className="jp-mod-styled"
        role="combobox"
        aria-label={words.search}
        aria-controls={LIST}
        aria-expanded={model.items.length > 0}
        aria-activedescendant={
          model.active ? optionId(model.active.id) : undefined
        }
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        placeholder={trans.__('Search name, description, tags')}
        value={model.query}
        onChange={event => model.setQuery(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <Whose model={model} trans={trans} />
      <div className="jp-QuantLab-Open-panes">
        <Matches {...props} />
        <Preview {...props} />
      </div>
      {props.more}
    </div>
  );
}

/** Own things, or those that others share. */
function Whose<I extends Match, W extends { version: number }>(props: {
  model: FinderModel<I, W>;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, trans } = props;
  const choices: [boolean, string][] = [
    [false, trans.__('Mine')],
    [true, trans.__('Shared with me')]
  ];
  return (
    <div
      role="group"
      aria-label={trans.__('Whose')}
      className="jp-QuantLab-Open-whose"
    >
      {choices.map(([isShared, label]) => (
        <button
          key={label}
          type="button"
          className="jp-QuantLab-Chip"
          aria-pressed={model.isShared === isShared}
          onClick={() => model.setShared(isShared)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

function optionId(id: string): string {
  return `quantlab-open-${id}`;
}

function Matches<I extends Match, W extends { version: number }>(
  props: FinderProps<I, W>
): JSX.Element {
  const { model, trans, control, words } = props;
  const active = model.active?.id;
  React.useEffect(() => {
    if (active) {
      document
        .getElementById(optionId(active))
        ?.scrollIntoView({ block: 'nearest' });
    }
  }, [active]);
  if (model.status === 'error') {
    return (
      <ErrorBox
        error={model.error}
        trans={trans}
        onRetry={() => void model.search()}
      />
    );
  }
  if (model.items.length === 0) {
    return model.status === 'loading' ? (
      <Skeleton rows={5} label={words.loading} />
    ) : (
      <Nothing {...props} />
    );
  }
  return (
    <div
      id={LIST}
      role="listbox"
      aria-label={words.list}
      className="jp-QuantLab-Open-list"
    >
      {model.items.map(item => {
        const Icon = props.icon(item);
        return (
          <div
            key={item.id}
            id={optionId(item.id)}
            role="option"
            aria-selected={item.id === active}
            className="jp-QuantLab-Open-option"
            onClick={() => model.activate(item)}
            onDoubleClick={() => {
              model.activate(item);
              control.submit();
            }}
          >
            {item.thumbnail_version && props.picture ? (
              props.picture(item)
            ) : (
              <Icon.react tag="span" width="16px" />
            )}
            <bdi>{item.name}</bdi>
            <span className="jp-QuantLab-muted">
              {relativeTime(usedAt(item))}
            </span>
          </div>
        );
      })}
    </div>
  );
}

function Nothing<I extends Match, W extends { version: number }>(
  props: FinderProps<I, W>
): JSX.Element {
  const { model, trans, words } = props;
  if (model.query.trim() !== '') {
    return (
      <EmptyState title={trans.__('Nothing found')} text={words.nothing} />
    );
  }
  return model.isShared ? (
    <EmptyState
      title={trans.__('Nothing is shared with you')}
      text={trans.__('What others let you see or edit appears here.')}
    />
  ) : (
    <EmptyState title={trans.__('Nothing is saved yet')} text={words.first} />
  );
}

function Preview<I extends Match, W extends { version: number }>(
  props: FinderProps<I, W>
): JSX.Element {
  const { model, trans } = props;
  const { active, preview } = model;
  if (!active) {
    return <div className="jp-QuantLab-Open-preview" />;
  }
  return (
    <section
      className="jp-QuantLab-Open-preview"
      aria-label={trans.__('Preview of %1', active.name)}
      // Scrolls by keyboard.
      tabIndex={0}
    >
      <h3>
        <bdi>{active.name}</bdi>
      </h3>
      <p className="jp-QuantLab-muted">
        {props.kind(active)}
        {' · '}
        {trans.__('version %1', active.version)}
        {active.owner_name
          ? ` · ${trans.__('from %1', active.owner_name)}`
          : ''}
      </p>
      {active.thumbnail_version && props.picture ? props.picture(active) : null}
      {active.description ? <p dir="auto">{active.description}</p> : null}
      {active.tags.length > 0 ? (
        <p>
          {active.tags.map(tag => (
            <bdi key={tag} className="jp-QuantLab-Tag jp-mod-small">
              {tag}
            </bdi>
          ))}
        </p>
      ) : null}
      {model.previewError ? (
        <ErrorBox
          error={model.previewError}
          trans={trans}
          onRetry={() => model.lookAgain()}
        />
      ) : preview ? (
        props.content(preview)
      ) : (
        <Skeleton rows={3} label={trans.__('Loading the preview')} />
      )}
    </section>
  );
}

function Content(props: {
  workflow: Workflow;
  trans: TranslationBundle;
}): JSX.Element {
  const { workflow, trans } = props;
  const summary = React.useMemo(() => summarise(workflow), [workflow]);
  return (
    <>
      {summary.picture ? (
        <img src={summary.picture} alt={trans.__('The first picture')} />
      ) : null}
      {summary.cells.map((cell, index) => (
        <pre key={index} className={`jp-mod-${cell.type}`} dir="auto">
          {cell.text}
        </pre>
      ))}
      {summary.total === 0 ? (
        <p className="jp-QuantLab-muted">{trans.__('It is empty.')}</p>
      ) : null}
      {summary.total > summary.cells.length ? (
        <p className="jp-QuantLab-muted">
          {trans.__('%1 cells in all', summary.total)}
        </p>
      ) : null}
    </>
  );
}
