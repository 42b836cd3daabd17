/**
 * Create, rename and delete projects.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { deleteIcon, editIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { Project } from '../api/models';
import type { IQuantLabLibrary } from '../tokens';
import { FormState, showForm, useFormState } from '../ui/dialog';
import { TextField } from '../ui/fields';
import { cleanName, nameMessage, nameProblem } from '../ui/names';
import { describe } from '../ui/problems';
import { ErrorBox } from '../ui/states';

type State = {
  projects: readonly Project[];
  name: string;
  problem: string | null;
  error: unknown;
  /** The project whose name is edited, or null. */
  editing: string | null;
  edited: string;
  editProblem: string | null;
  busy: boolean;
};

/** Show the projects of the library. */
export async function manageProjects(
  library: IQuantLabLibrary,
  client: QuantLabClient,
  trans: TranslationBundle
): Promise<void> {
  const state = new FormState<State>({
    projects: library.projects,
    name: '',
    problem: null,
    error: null,
    editing: null,
    edited: '',
    editProblem: null,
    busy: false
  });
  const actions = new ProjectActions(state, library, client, trans);
  await showForm<null>({
    title: trans.__('Projects'),
    className: 'jp-QuantLab-mod-projects',
    accept: null,
    cancel: trans.__('Close'),
    render: () => <Projects state={state} actions={actions} trans={trans} />,
    focus: '#quantlab-project-name'
  });
}

class ProjectActions {
  constructor(
    private readonly _state: FormState<State>,
    private readonly _library: IQuantLabLibrary,
    private readonly _client: QuantLabClient,
    private readonly _trans: TranslationBundle
  ) {}

  async create(): Promise<void> {
    const { name, busy } = this._state.value;
    const problem = nameProblem(name);
    if (busy || problem) {
      this._state.set({
        problem: problem ? nameMessage(problem, this._trans) : null
      });
      return;
    }
    await this._do('problem', async () => {
      await this._client.createProject({ name: cleanName(name) });
      this._state.set({ name: '' });
    });
  }

  async rename(id: string): Promise<void> {
    const { edited } = this._state.value;
    const problem = nameProblem(edited);
    if (problem) {
      this._state.set({ editProblem: nameMessage(problem, this._trans) });
      return;
    }
    await this._do('editProblem', async () => {
      await this._client.updateProject(id, { name: cleanName(edited) });
      this._state.set({ editing: null });
    });
  }

  async remove(id: string): Promise<void> {
    await this._do('error', () => this._client.deleteProject(id));
  }

  private async _do(
    at: 'problem' | 'editProblem' | 'error',
    act: () => Promise<void>
  ): Promise<void> {
    this._state.set({
      busy: true,
      problem: null,
      editProblem: null,
      error: null
    });
    try {
      await act();
      this._state.set({ projects: await this._client.projects() });
      this._library.notify({ type: 'projects' });
    } catch (error) {
      if (at === 'error') {
        this._state.set({ error });
      } else {
        this._state.set({ [at]: describe(error, this._trans).message });
      }
    } finally {
      this._state.set({ busy: false });
    }
  }
}

function Projects(props: {
  state: FormState<State>;
  actions: ProjectActions;
  trans: TranslationBundle;
}): JSX.Element {
  const { state, actions, trans } = props;
  const value = useFormState(state);
  return (
    <div>
      {value.projects.length === 0 ? (
        <p>
          {trans.__(
            'No projects yet. A project groups workflows and layouts, like a folder.'
          )}
        </p>
      ) : (
        <ul className="jp-QuantLab-Projects">
          {value.projects.map(project => (
            <li key={project.id}>
              {value.editing === project.id ? (
                <EditName {...props} project={project} />
              ) : (
                <ProjectLine {...props} project={project} />
              )}
            </li>
          ))}
        </ul>
      )}
      {value.error ? <ErrorBox error={value.error} trans={trans} /> : null}
      <form
        className="jp-QuantLab-Inline"
        onSubmit={event => {
          event.preventDefault();
          void actions.create();
        }}
      >
        <div
          data-own-enter=""
          onKeyDown={event => {
            if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
              event.preventDefault();
              void actions.create();
            }
          }}
        >
          <TextField
            id="quantlab-project-name"
            label={trans.__('New project')}
            value={value.name}
            error={value.problem}
            onChange={name => state.set({ name, problem: null })}
          />
        </div>
        <button type="submit" className="jp-mod-styled jp-mod-accept">
          {trans.__('Create')}
        </button>
      </form>
    </div>
  );
}

function ProjectLine(props: {
  state: FormState<State>;
  actions: ProjectActions;
  trans: TranslationBundle;
  project: Project;
}): JSX.Element {
  const { state, actions, trans, project } = props;
  return (
    <div className="jp-QuantLab-Project">
      <bdi>{project.name}</bdi>
      <span className="jp-QuantLab-muted">
        {trans._n(
          '%1 item',
          '%1 items',
          (project.workflows ?? 0) + (project.layouts ?? 0)
        )}
      </span>
      <button
        type="button"
        className="jp-QuantLab-IconButton"
        aria-label={trans.__('Rename project %1', project.name)}
        onClick={() =>
          state.set({
            editing: project.id,
            edited: project.name,
            editProblem: null
          })
        }
      >
        <editIcon.react tag="span" width="16px" />
      </button>
      <button
        type="button"
        className="jp-QuantLab-IconButton"
        aria-label={trans.__('Delete project %1', project.name)}
        title={trans.__(
          'Delete the project. What is in it stays, without a project.'
        )}
        onClick={() => void actions.remove(project.id)}
      >
        <deleteIcon.react tag="span" width="16px" />
      </button>
    </div>
  );
}

function EditName(props: {
  state: FormState<State>;
  actions: ProjectActions;
  trans: TranslationBundle;
  project: Project;
}): JSX.Element {
  const { state, actions, trans, project } = props;
  const value = useFormState(state);
  const box = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    box.current?.querySelector('input')?.select();
  }, []);
  return (
    <div
      ref={box}
      data-own-enter=""
      data-own-escape=""
      onKeyDown={event => {
        if (event.nativeEvent.isComposing) {
          return;
        }
        if (event.key === 'Enter') {
          event.preventDefault();
          void actions.rename(project.id);
        } else if (event.key === 'Escape') {
          event.stopPropagation();
          state.set({ editing: null });
        }
      }}
    >
      <TextField
        id={`quantlab-project-${project.id}`}
        label={trans.__('Rename project %1', project.name)}
        value={value.edited}
        error={value.editProblem}
        onChange={edited => state.set({ edited, editProblem: null })}
      />
    </div>
  );
}
