/**
 * The dialogs "Save as workflow" and "New workflow".
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { Workflow, WorkflowKind } from '../api/models';
import type { IQuantLabLibrary } from '../tokens';
import type { IDialogControl } from '../ui/dialog';
import { showForm } from '../ui/dialog';
import { Field, TextField } from '../ui/fields';
import { DESCRIPTION_MAX, nameMessage } from '../ui/names';
import { ProjectField, projectProblem } from '../ui/project';
import { ErrorBox } from '../ui/states';
import { TagsField } from '../ui/tags';
import type { Source } from './model';
import { SaveModel } from './model';

export interface ISaveFormOptions {
  /** `save`: an open document; `create`: a new one, whose kind can be chosen. */
  mode: 'save' | 'create';
  name: string;
  kind: WorkflowKind;
  /** The project to start with. */
  project?: string;
  /** What to save, read at the moment of saving. */
  source: (kind: WorkflowKind) => Source | null;
  client: QuantLabClient;
  library: IQuantLabLibrary;
  trans: TranslationBundle;
}

/** Show the form; resolves with the created workflow, or null when it was left. */
export async function showSaveForm(
  options: ISaveFormOptions
): Promise<Workflow | null> {
  const { client, library, trans, mode } = options;
  const model = new SaveModel(client, options);
  // Suggestions come when they come: the form does not wait for them.
  const prepared = library.prepare().catch(() => undefined);
  try {
    return await showForm<Workflow>({
      title:
        mode === 'save'
          ? trans.__('Save as workflow')
          : trans.__('New workflow'),
      className: 'jp-QuantLab-mod-save',
      accept: mode === 'save' ? trans.__('Save') : trans.__('Create'),
      cancel: trans.__('Cancel'),
      focus: '#quantlab-save-name',
      render: control => (
        <SaveForm
          {...options}
          model={model}
          control={control}
          prepared={prepared}
        />
      ),
      submit: async () => {
        const source = options.source(model.kind);
        const project = projectProblem(model.project, library.projects, trans);
        if (!source || project !== null || !model.canSave) {
          return undefined;
        }
        return model.save(source);
      }
    });
  } finally {
    model.dispose();
  }
}

function SaveForm(
  props: ISaveFormOptions & {
    model: SaveModel;
    control: IDialogControl;
    prepared: Promise<void>;
  }
): JSX.Element {
  const { model, control, library, trans, mode } = props;
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  const [left, setLeft] = React.useState(false);
  React.useEffect(() => {
    const update = (): void => redraw();
    model.changed.connect(update);
    void props.prepared.then(update);
    return () => {
      model.changed.disconnect(update);
    };
  }, [model, props.prepared]);
  React.useEffect(() => {
    control.setReady(
      model.canSave &&
        projectProblem(model.project, library.projects, trans) === null
    );
  });
  React.useEffect(() => {
    document.querySelector<HTMLInputElement>('#quantlab-save-name')?.select();
  }, []);
  return (
    <div className="jp-QuantLab-Form">
      {mode === 'create' ? <KindField model={model} trans={trans} /> : null}
      <TextField
        id="quantlab-save-name"
        label={trans.__('Name')}
        value={model.name}
        required
        error={nameError(model, left, trans)}
        hint={nameHint(model, trans)}
        onChange={name => model.set({ name })}
        onBlur={() => setLeft(true)}
      />
      <Field
        id="quantlab-save-description"
        label={trans.__('Description')}
        optional={trans.__('optional')}
      >
        {aria => (
          <textarea
            {...aria}
            className="jp-mod-styled"
            rows={3}
            maxLength={DESCRIPTION_MAX}
            value={model.description}
            onChange={event => model.set({ description: event.target.value })}
          />
        )}
      </Field>
      <TagsField
        id="quantlab-save-tags"
        tags={model.tags}
        text={model.tagText}
        suggestions={library.tags}
        trans={trans}
        onChange={(tags, tagText) => model.set({ tags, tagText })}
      />
      <ProjectField
        id="quantlab-save-project"
        value={model.project}
        projects={library.projects}
        trans={trans}
        onChange={project => model.set({ project })}
      />
      {model.error && model.nameState !== 'taken' ? (
        <ErrorBox
          error={model.error}
          trans={trans}
          kept={trans.__('What you typed is kept here.')}
          onRetry={() => control.submit()}
        />
      ) : null}
    </div>
  );
}

function KindField(props: {
  model: SaveModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, trans } = props;
  const kinds: [WorkflowKind, string][] = [
    ['notebook', trans.__('Notebook')],
    ['python', trans.__('Python script')]
  ];
  return (
    <fieldset className="jp-QuantLab-Radios">
      <legend>{trans.__('Kind')}</legend>
      {kinds.map(([kind, label]) => (
        <label key={kind}>
          <input
            type="radio"
            name="quantlab-kind"
            value={kind}
            checked={model.kind === kind}
            onChange={() => model.set({ kind })}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

/** A taken name is said while typing; an empty one only after the field was left. */
function nameError(
  model: SaveModel,
  left: boolean,
  trans: TranslationBundle
): string | null {
  const problem = model.nameProblem;
  if (problem) {
    return left || problem !== 'empty' ? nameMessage(problem, trans) : null;
  }
  return model.nameState === 'taken'
    ? trans.__('This name is taken in this project. Choose another one.')
    : null;
}

function nameHint(model: SaveModel, trans: TranslationBundle): React.ReactNode {
  const words: Record<string, string> = {
    checking: trans.__('Looking whether the name is free…'),
    free: trans.__('This name is free.')
  };
  const text = model.nameProblem === null ? words[model.nameState] : undefined;
  return <span aria-live="polite">{text ?? '\u00a0'}</span>;
}
