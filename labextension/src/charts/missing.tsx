/**
 * Studies that go, by hand or because they are not there: by another release, or not installed here.
 */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Select } from '../ui/select';
import type { ChartModel } from './model';
import type { IStudyState } from './state';
import { newStudy, withStudyBack } from './state';

/** How long a removal can be taken back from its message. Milliseconds. */
const UNDO = 10_000;

interface IStudyProps {
  model: ChartModel;
  study: IStudyState;
  trans: TranslationBundle;
}

/** Says that a study is missing, and offers the others; until one is taken the study stays as it was saved. */
export function MissingStudy(props: IStudyProps): JSX.Element {
  const { model, study, trans } = props;
  return (
    <>
      <em>{trans.__('This study is not available.')}</em>
      <Select
        isFilter={false}
        label={trans.__('Choose another study instead of %1', study.study)}
        value=""
        options={[
          ['', trans.__('Choose another…')],
          ...model.catalogue.map((one): [string, string] => [one.id, one.label])
        ]}
        onChange={chosen => {
          if (chosen) {
            void model.set({
              studies: withAnother(model.state.studies, study.id, chosen)
            });
          }
        }}
      />
      <button
        type="button"
        className="jp-QuantLab-Chip"
        aria-label={trans.__('Remove %1 from the chart', study.study)}
        onClick={() => removeStudy(props, study.study)}
      >
        {trans.__('Remove')}
      </button>
    </>
  );
}

/** Take a study off its chart; for a while it can be had back, in its place, with its pane and what was drawn there. */
export function removeStudy(props: IStudyProps, label: string): void {
  const { model, study, trans } = props;
  const before = model.state;
  void model.removeStudy(study.id);
  Notification.info(trans.__('%1 removed.', label), {
    autoClose: UNDO,
    actions: [
      {
        label: trans.__('Undo'),
        callback: () => {
          if (!model.isDisposed) {
            void model.set(withStudyBack(model.state, before, study.id));
          }
        }
      }
    ]
  });
}

/** Studies with another one, of its own inputs, in the place of one. */
export function withAnother(
  studies: readonly IStudyState[],
  id: string,
  study: string
): IStudyState[] {
  return studies.map(one =>
    one.id === id ? { ...newStudy(study), visible: one.visible } : one
  );
}
