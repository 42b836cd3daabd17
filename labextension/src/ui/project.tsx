/**
 * Choosing a project, or making one.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import { ConflictError } from '../api/errors';
import type { Project } from '../api/models';
import { Field, TextField } from './fields';
import { cleanName, nameMessage, nameProblem, sameName } from './names';

/** The value of the select that asks for a new project. */
export const NEW_PROJECT = 'new';

/** What the project field holds: an id, empty for none, or `new` with a name. */
export type ProjectChoice = { project: string; newProject: string };

/** A select of projects; "New project…" opens a field for its name. */
export function ProjectField(props: {
  id: string;
  value: ProjectChoice;
  projects: readonly Project[];
  trans: TranslationBundle;
  onChange: (value: ProjectChoice) => void;
}): JSX.Element {
  const { id, value, projects, trans, onChange } = props;
  const [left, setLeft] = React.useState(false);
  const problem = left ? projectProblem(value, projects, trans) : null;
  return (
    <>
      <Field id={id} label={trans.__('Project')}>
        {aria => (
          <select
            {...aria}
            className="jp-mod-styled"
            value={value.project}
            onChange={event =>
              onChange({ ...value, project: event.target.value })
            }
          >
            <option value="">{trans.__('No project')}</option>
            {projects.map(project => (
              <option key={project.id} value={project.id}>
                {project.name}
              </option>
            ))}
            <option value={NEW_PROJECT}>{trans.__('New project…')}</option>
          </select>
        )}
      </Field>
      {value.project === NEW_PROJECT ? (
        <TextField
          id={`${id}-new`}
          label={trans.__('Name of the new project')}
          value={value.newProject}
          required
          error={problem}
          onChange={newProject => onChange({ ...value, newProject })}
          onBlur={() => setLeft(true)}
        />
      ) : null}
    </>
  );
}

/** What is wrong with the choice, or null. */
export function projectProblem(
  value: ProjectChoice,
  projects: readonly Project[],
  trans: TranslationBundle
): string | null {
  if (value.project !== NEW_PROJECT) {
    return null;
  }
  const problem = nameProblem(value.newProject);
  if (problem) {
    return nameMessage(problem, trans);
  }
  return projects.some(project => sameName(project.name, value.newProject))
    ? trans.__('There is a project of this name.')
    : null;
}

/** The id of the chosen project, making it first when it is new. A project made meanwhile is used. */
export async function projectId(
  value: ProjectChoice,
  client: QuantLabClient
): Promise<string | null> {
  if (value.project !== NEW_PROJECT) {
    return value.project || null;
  }
  const name = cleanName(value.newProject);
  try {
    return (await client.createProject({ name })).id;
  } catch (error) {
    if (error instanceof ConflictError) {
      const projects = await client.projects();
      const found = projects.find(project => sameName(project.name, name));
      if (found) {
        return found.id;
      }
    }
    throw error;
  }
}
