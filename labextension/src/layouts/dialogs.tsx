/**
 * What is asked about a layout: its name, whether to save before closing, and what to do about a stale save.
 */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import { ConflictError } from '../api/errors';
import type { LayoutItem, Project } from '../api/models';
import type { IDialogControl } from '../ui/dialog';
import { FormState, showForm, useFormState } from '../ui/dialog';
import { TextField } from '../ui/fields';
import { cleanName, nameMessage, nameProblem } from '../ui/names';
import type { ProjectChoice } from '../ui/project';
import { ProjectField, projectId, projectProblem } from '../ui/project';
import { ErrorBox } from '../ui/states';
import type { IDifference } from './conflicts';

interface INaming {
  name: string;
  project: ProjectChoice;
  error: unknown;
  projects: readonly Project[];
}

/** Ask for name and project and save with them; null: left. What was typed stays while saving fails. */
export function askName(options: {
  name: string;
  project: string | null;
  client: QuantLabClient;
  save: (name: string, project: string | null) => Promise<LayoutItem>;
  trans: TranslationBundle;
}): Promise<LayoutItem | null> {
  const { client, trans, save } = options;
  const state = new FormState<INaming>({
    name: options.name,
    project: { project: options.project ?? '', newProject: '' },
    error: null,
    projects: []
  });
  // Suggestions come when they come: the form does not wait for them.
  client.projects().then(
    projects => state.set({ projects }),
    () => undefined
  );
  return showForm<LayoutItem>({
    title: trans.__('Save layout'),
    className: 'jp-QuantLab-mod-save',
    accept: trans.__('Save'),
    cancel: trans.__('Cancel'),
    focus: '#quantlab-layout-name',
    render: control => (
      <NameForm state={state} control={control} trans={trans} />
    ),
    submit: async () => {
      const { name, project } = state.value;
      try {
        const into = await projectId(project, client);
        state.set({
          project: { project: into ?? '', newProject: '' },
          error: null
        });
        return await save(cleanName(name), into);
      } catch (error) {
        state.set({ error });
        return undefined;
      }
    }
  });
}

function NameForm(props: {
  state: FormState<INaming>;
  control: IDialogControl;
  trans: TranslationBundle;
}): JSX.Element {
  const { state, control, trans } = props;
  const { name, project, error, projects } = useFormState(state);
  const [left, setLeft] = React.useState(false);
  const problem = nameProblem(name);
  const isTaken = error instanceof ConflictError && error.code === 'name_taken';
  React.useEffect(() => {
    control.setReady(
      problem === null && projectProblem(project, projects, trans) === null
    );
  });
  React.useEffect(() => {
    document.querySelector<HTMLInputElement>('#quantlab-layout-name')?.select();
  }, []);
  let message: string | null = null;
  if (problem && (left || problem !== 'empty')) {
    message = nameMessage(problem, trans);
  } else if (isTaken) {
    message = trans.__(
      'This name is taken in this project. Choose another one.'
    );
  }
  return (
    <div className="jp-QuantLab-Form">
      <TextField
        id="quantlab-layout-name"
        label={trans.__('Name')}
        value={name}
        required
        error={message}
        onChange={value => state.set({ name: value, error: null })}
        onBlur={() => setLeft(true)}
      />
      <ProjectField
        id="quantlab-layout-project"
        value={project}
        projects={projects}
        trans={trans}
        onChange={value => state.set({ project: value, error: null })}
      />
      {error && !isTaken ? (
        <ErrorBox
          error={error}
          trans={trans}
          kept={trans.__('What you typed is kept here.')}
          onRetry={() => control.submit()}
        />
      ) : null}
    </div>
  );
}

export type ConflictChoice = 'cancel' | 'copy' | 'overwrite' | 'merge';

/** Show both sides in words and ask what to do. */
export async function askConflict(options: {
  name: string;
  type: 'version' | 'draft' | 'gone';
  difference: IDifference;
  trans: TranslationBundle;
}): Promise<ConflictChoice> {
  const { trans, type } = options;
  const button = (
    label: string,
    action: ConflictChoice,
    caption: string,
    displayType: 'default' | 'warn' = 'default'
  ): Dialog.IButton =>
    Dialog.createButton({ label, caption, displayType, actions: [action] });
  const buttons = [
    Dialog.cancelButton({ label: trans.__('Keep editing') }),
    button(
      trans.__('Save as copy'),
      'copy',
      trans.__('A new layout with your side; this one stays as it is')
    )
  ];
  if (type !== 'gone') {
    buttons.push(
      button(
        trans.__('Overwrite'),
        'overwrite',
        trans.__('Save your side; the other one stays in the history'),
        'warn'
      ),
      button(
        trans.__('Merge'),
        'merge',
        trans.__('Bring both sides together and save')
      )
    );
  }
  const dialog = new Dialog<unknown>({
    title: trans.__('“%1” was changed elsewhere', options.name),
    body: new Differences(options),
    buttons,
    defaultButton: buttons.length - 1,
    hasClose: true
  });
  dialog.addClass('jp-QuantLab-Dialog');
  const result = await dialog.launch();
  return (result.button.actions[0] as ConflictChoice | undefined) ?? 'cancel';
}

/** What the other side did, in words. */
class Differences extends Widget {
  constructor(options: Parameters<typeof askConflict>[0]) {
    super();
    this.addClass('jp-QuantLab-Layout-differences');
    const { type, difference, trans } = options;
    const { theirs, places } = difference;
    const openings = {
      version: trans.__(
        'A newer version was saved. Nothing is lost: whatever you choose, the other side stays in the history.'
      ),
      draft: trans.__(
        'Another tab or device has a newer draft. Nothing is lost: whatever you choose, it stays in the history as a version.'
      ),
      gone: trans.__(
        'It was deleted, or is no longer shared with you. Save your side as a copy to go on.'
      )
    };
    this._add('p', openings[type]);
    if (theirs) {
      this._add('h3', trans.__('Changed there'));
      this._add('p', theirs);
    }
    if (places.length > 0) {
      this._add('h3', trans.__('Changed on both sides'));
      this._add('p', trans.__('Merging takes your side of these:'));
      const list = this.node.appendChild(document.createElement('ul'));
      for (const place of places) {
        list.appendChild(document.createElement('li')).textContent = place;
      }
    }
  }

  private _add(tag: 'p' | 'h3', text: string): void {
    this.node.appendChild(document.createElement(tag)).textContent = text;
  }
}

/** A tab with unsaved changes is being closed. */
export async function askClosing(
  name: string,
  trans: TranslationBundle
): Promise<'cancel' | 'discard' | 'save'> {
  const result = await showDialog({
    title: trans.__('Save your changes?'),
    body: trans.__('Changes to “%1” are lost when it is not saved.', name),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Discard'), actions: ['discard'] }),
      Dialog.okButton({ label: trans.__('Save'), actions: ['save'] })
    ]
  });
  const action = result.button.actions[0];
  return action === 'save' || action === 'discard' ? action : 'cancel';
}
