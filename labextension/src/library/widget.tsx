/**
 * The library panel.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import type { IQuantLabSession } from '../tokens';
import { CommandIDs } from '../tokens';
import { libraryIcon } from '../ui/icons';
import { Select } from '../ui/select';
import type { IAction } from '../ui/states';
import { EmptyState, ErrorBox, Skeleton } from '../ui/states';
import type { LibraryController } from './controller';
import type { LibrarySort } from './filter';
import { isNarrowed } from './filter';
import { Filters } from './filters';
import { LibraryCommandIDs } from './ids';
import { LibraryList } from './list';
import { SignedOut } from './signedOut';
import { missingWords } from './sources';

import '../../style/ui.css';
import '../../style/library.css';

export interface ILibraryPanelOptions {
  controller: LibraryController;
  session: IQuantLabSession;
  commands: CommandRegistry;
  trans: TranslationBundle;
}

/** The content of the left sidebar's Library panel. */
export class LibraryPanel extends ReactWidget {
  constructor(private readonly _options: ILibraryPanelOptions) {
    super();
    this.addClass('jp-QuantLab-Library');
    const { controller, session } = _options;
    controller.changed.connect(this._redraw, this);
    session.changed.connect(this._redraw, this);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._options.controller.changed.disconnect(this._redraw, this);
      this._options.session.changed.disconnect(this._redraw, this);
      super.dispose();
    }
  }

  protected override onAfterShow(_msg: Message): void {
    this._options.controller.model.setVisible(true);
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._options.controller.model.setVisible(this.isVisible);
  }

  protected override onAfterHide(_msg: Message): void {
    this._options.controller.model.setVisible(false);
  }

  protected override render(): JSX.Element {
    return <Library {...this._options} />;
  }

  private _redraw(): void {
    this.update();
  }
}

function Library(props: ILibraryPanelOptions): JSX.Element {
  const { controller, session, trans } = props;
  const { model } = controller;
  if (session.state === 'signed-out') {
    return (
      <SignedOut session={session} commands={props.commands} trans={trans} />
    );
  }
  const count = model.total ?? model.items.length;
  return (
    <>
      <Filters {...props} />
      <p className="jp-QuantLab-visuallyHidden" role="status">
        {model.status === 'ready' ? trans._n('%1 item', '%1 items', count) : ''}
      </p>
      <Body {...props} />
      <Footer {...props} />
    </>
  );
}

function Body(props: ILibraryPanelOptions): JSX.Element {
  const { controller, commands, trans } = props;
  const { model } = controller;
  const open = React.useCallback(
    (id: string) => {
      if (model.filter.view !== 'deleted') {
        void commands.execute(LibraryCommandIDs.open, { id });
      }
    },
    [commands, model]
  );
  const retry = (): void => {
    void model.refresh();
  };
  if (model.status === 'error' && model.items.length === 0) {
    return <ErrorBox error={model.error} trans={trans} onRetry={retry} />;
  }
  if (model.status === 'idle' || model.status === 'loading') {
    return <Skeleton rows={6} label={trans.__('Loading the library')} />;
  }
  const missing = model.failures.map(failure => (
    <ErrorBox
      key={failure.name}
      error={failure.error}
      trans={trans}
      kept={missingWords(failure.name, trans)}
      onRetry={retry}
    />
  ));
  if (model.items.length === 0) {
    return missing.length > 0 ? <>{missing}</> : <Nothing {...props} />;
  }
  return (
    <>
      {missing}
      {model.status === 'error' ? (
        <ErrorBox
          error={model.error}
          trans={trans}
          kept={trans.__('The list may be out of date.')}
          onRetry={retry}
        />
      ) : null}
      <LibraryList
        controller={controller}
        trans={trans}
        onOpen={open}
        onDelete={() =>
          void commands.execute(
            model.filter.view === 'deleted'
              ? LibraryCommandIDs.purge
              : LibraryCommandIDs.remove
          )
        }
      />
    </>
  );
}

/** Why the list is empty, and what to do about it. */
function Nothing(props: ILibraryPanelOptions): JSX.Element {
  const { controller, commands, trans } = props;
  const { model } = controller;
  const { view } = model.filter;
  if (isNarrowed(model.filter)) {
    return (
      <EmptyState
        title={trans.__('Nothing found')}
        text={trans.__('Nothing saved matches the search and filters.')}
        actions={[
          {
            label: trans.__('Clear filters'),
            onClick: () =>
              void model.setFilter({
                search: '',
                tag: '',
                project: '',
                kind: ''
              })
          }
        ]}
      />
    );
  }
  if (view === 'all' || view === 'recent') {
    return (
      <EmptyState
        icon={libraryIcon}
        title={trans.__('Your library is empty')}
        text={trans.__(
          'Save a notebook or a Python script as a workflow, or charts as a layout: it keeps its versions, and comes back with its pictures anywhere you sign in.'
        )}
        actions={firstSteps(commands, trans)}
      />
    );
  }
  const words: Record<typeof view, [string, string]> = {
    pinned: [
      trans.__('Nothing is pinned'),
      trans.__(
        'Pin a workflow or a layout from its menu to keep it at hand here.'
      )
    ],
    shared: [
      trans.__('Nothing is shared with you'),
      trans.__('What others in your tenant share with you appears here.')
    ],
    deleted: [
      trans.__('Nothing is deleted'),
      trans.__('What was deleted stays here for 30 days and can be restored.')
    ]
  };
  return <EmptyState title={words[view][0]} text={words[view][1]} />;
}

function firstSteps(
  commands: CommandRegistry,
  trans: TranslationBundle
): IAction[] {
  const steps: [string, string][] = [
    [CommandIDs.workflowSaveAs, trans.__('Save current notebook')],
    [CommandIDs.workflowOpenExample, trans.__('Open the example')],
    [CommandIDs.workflowCreate, trans.__('New workflow')]
  ];
  return steps
    .filter(([id]) => commands.hasCommand(id) && commands.isEnabled(id))
    .map(([id, label], index) => ({
      label,
      primary: index === 0,
      onClick: () => void commands.execute(id)
    }));
}

function Footer(props: ILibraryPanelOptions): JSX.Element | null {
  const { controller, commands, trans } = props;
  const { model, selection } = controller;
  if (model.items.length === 0) {
    return null;
  }
  const count = selection.ids.size;
  if (count > 1) {
    const deleted = model.filter.view === 'deleted';
    const acts: [string, string][] = deleted
      ? [[LibraryCommandIDs.restore, trans.__('Restore')]]
      : [
          [LibraryCommandIDs.tags, trans.__('Tags…')],
          [LibraryCommandIDs.move, trans.__('Move…')],
          [LibraryCommandIDs.remove, trans.__('Delete')]
        ];
    return (
      <div className="jp-QuantLab-Footer">
        <span>{trans.__('%1 selected', count)}</span>
        {acts.map(([id, label]) => (
          <button
            key={id}
            type="button"
            className="jp-QuantLab-Chip"
            onClick={() => void commands.execute(id)}
          >
            {label}
          </button>
        ))}
      </div>
    );
  }
  const total = model.total ?? model.items.length;
  const recent = model.filter.view === 'recent';
  return (
    <div className="jp-QuantLab-Footer">
      <span className="jp-QuantLab-Footer-count">
        {trans._n('%1 item', '%1 items', total)}
      </span>
      <Select
        label={trans.__('Order')}
        value={recent ? '-used_at' : model.filter.sort}
        disabled={recent}
        options={[
          ['-updated_at', trans.__('Last changed')],
          ['-used_at', trans.__('Last used')],
          ['name', trans.__('Name')],
          ['-created_at', trans.__('Newest')]
        ]}
        onChange={sort => void model.setFilter({ sort: sort as LibrarySort })}
      />
    </div>
  );
}
