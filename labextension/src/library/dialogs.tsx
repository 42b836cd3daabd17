/**
 * The dialogs of the library panel: another name, tags, move, projects.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { LibraryItem } from '../api/models';
import type { IQuantLabLibrary } from '../tokens';
import { FormState, showForm, useFormState } from '../ui/dialog';
import { TextField } from '../ui/fields';
import { cleanName, nameMessage, nameProblem, withTag } from '../ui/names';
import { describe } from '../ui/problems';
import {
  NEW_PROJECT,
  ProjectField,
  projectId,
  projectProblem
} from '../ui/project';
import { ErrorBox } from '../ui/states';
import type { ProjectChoice } from '../ui/project';
import { TagsField } from '../ui/tags';

/** Ask for a free name; `act` uses it and may refuse it again. Null: left. */
export function askNewName<T>(
  item: LibraryItem,
  trans: TranslationBundle,
  act: (name: string) => Promise<T>
): Promise<T | null> {
  const state = new FormState<{ name: string; problem: string | null }>({
    name: item.name,
    problem:
      item.kind === 'layout'
        ? trans.__('“%1” is taken by another layout.', item.name)
        : trans.__('“%1” is taken by another workflow.', item.name)
  });
  function Form(): JSX.Element {
    const value = useFormState(state);
    return (
      <TextField
        id="quantlab-new-name"
        label={trans.__('New name')}
        value={value.name}
        required
        error={value.problem}
        onChange={next => {
          const problem = nameProblem(next);
          state.set({
            name: next,
            problem: problem ? nameMessage(problem, trans) : null
          });
        }}
      />
    );
  }
  return showForm<T>({
    title: trans.__('Choose another name'),
    accept: trans.__('Restore'),
    cancel: trans.__('Cancel'),
    render: () => <Form />,
    submit: async () => {
      const problem = nameProblem(state.value.name);
      if (problem) {
        state.set({ problem: nameMessage(problem, trans) });
        return undefined;
      }
      try {
        return await act(cleanName(state.value.name));
      } catch (error) {
        state.set({ problem: describe(error, trans).message });
        return undefined;
      }
    }
  });
}

/** What to add to and take from the tags of several items. */
export type TagChange = { add: string[]; remove: string[] };

/** The tags that all of some items have. */
export function commonTags(items: readonly LibraryItem[]): string[] {
  const [first, ...others] = items;
  return (first?.tags ?? []).filter(tag =>
    others.every(item => item.tags.includes(tag))
  );
}

/** An item's tags after a change. */
export function changedTags(
  tags: readonly string[],
  change: TagChange
): string[] {
  const kept = tags.filter(tag => !change.remove.includes(tag));
  return change.add.reduce<string[]>(withTag, kept);
}

/** Edit the tags of one or several items; null: left. */
export function askTags(
  items: readonly LibraryItem[],
  suggestions: readonly string[],
  trans: TranslationBundle
): Promise<TagChange | null> {
  const before = commonTags(items);
  const state = new FormState({ tags: before, text: '' });
  function Form(): JSX.Element {
    const value = useFormState(state);
    return (
      <>
        {items.length > 1 ? (
          <p>
            {trans.__(
              'Shown are the tags that all %1 items have; their other tags stay.',
              items.length
            )}
          </p>
        ) : null}
        <TagsField
          id="quantlab-tags"
          tags={value.tags}
          text={value.text}
          suggestions={suggestions}
          trans={trans}
          onChange={(tags, text) => state.set({ tags, text })}
        />
      </>
    );
  }
  return showForm<TagChange>({
    title: trans.__('Edit tags'),
    accept: trans.__('Save'),
    cancel: trans.__('Cancel'),
    render: () => <Form />,
    focus: '.jp-QuantLab-Tags input',
    submit: () => {
      const after = withTag(state.value.tags, state.value.text);
      return Promise.resolve({
        add: after.filter(tag => !before.includes(tag)),
        remove: before.filter(tag => !after.includes(tag))
      });
    }
  });
}

/** Choose where some items go: a project's id, or empty for none. Null: left. */
export function askProject(
  items: readonly LibraryItem[],
  library: IQuantLabLibrary,
  client: QuantLabClient,
  trans: TranslationBundle
): Promise<{ project: string | null } | null> {
  const [first] = items;
  const state = new FormState<{ choice: ProjectChoice; error: unknown }>({
    choice: { project: first?.project_id ?? '', newProject: '' },
    error: null
  });
  function Form(): JSX.Element {
    const value = useFormState(state);
    return (
      <>
        <ProjectField
          id="quantlab-project"
          value={value.choice}
          projects={library.projects}
          trans={trans}
          onChange={choice => state.set({ choice })}
        />
        {value.error ? <ErrorBox error={value.error} trans={trans} /> : null}
      </>
    );
  }
  return showForm({
    title: trans._n('Move %1 item', 'Move %1 items', items.length),
    accept: trans.__('Move'),
    cancel: trans.__('Cancel'),
    render: () => <Form />,
    submit: async () => {
      const { choice } = state.value;
      const problem = projectProblem(choice, library.projects, trans);
      if (problem) {
        state.set({ error: new Error(problem) });
        return undefined;
      }
      try {
        const project = await projectId(choice, client);
        if (choice.project === NEW_PROJECT) {
          library.notify({ type: 'projects' });
        }
        return { project };
      } catch (error) {
        state.set({ error });
        return undefined;
      }
    }
  });
}
