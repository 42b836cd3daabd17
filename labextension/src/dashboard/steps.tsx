/**
 * What to start with: buttons for something new, and the first steps while nothing is saved.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import { addIcon, notebookIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { ChartCommandIDs } from '../charts/ids';
import { CommandIDs } from '../tokens';
import { quantlabIcon, saveWorkflowIcon } from '../ui/icons';

interface IStepsProps {
  commands: CommandRegistry;
  trans: TranslationBundle;
}

const works = (commands: CommandRegistry, id: string): boolean =>
  commands.hasCommand(id) && commands.isEnabled(id);

/** Something new, from the head of the page. */
export function NewButtons(props: IStepsProps): JSX.Element {
  const { commands, trans } = props;
  const buttons: [string, string][] = [
    [CommandIDs.workflowCreate, trans.__('New workflow')],
    [ChartCommandIDs.open, trans.__('New chart')]
  ];
  return (
    <div className="jp-QuantLab-Actions">
      {buttons
        .filter(([id]) => works(commands, id))
        .map(([id, label]) => (
          <button
            key={id}
            type="button"
            className="jp-QuantLab-Chip jp-QuantLab-Dashboard-new"
            onClick={() => void commands.execute(id)}
          >
            <addIcon.react tag="span" width="14px" height="14px" />
            {label}
          </button>
        ))}
    </div>
  );
}

/** Nothing is saved yet: what QuantLab keeps, and three ways to begin. */
export function FirstSteps(props: IStepsProps): JSX.Element {
  const { commands, trans } = props;
  const steps: [string, LabIcon, string, string][] = [
    [
      CommandIDs.workflowOpenExample,
      notebookIcon,
      trans.__('Open the example'),
      trans.__('A research notebook on real prices, ready to run and change.')
    ],
    [
      CommandIDs.workflowCreate,
      saveWorkflowIcon,
      trans.__('Make the first workflow'),
      trans.__(
        'A notebook or Python script that keeps its versions and comes back on every device.'
      )
    ],
    [
      ChartCommandIDs.open,
      quantlabIcon,
      trans.__('Open a chart'),
      trans.__(
        'Sample prices are there without a network: add studies to them.'
      )
    ]
  ];
  return (
    <section
      className="jp-QuantLab-Dashboard-section"
      aria-labelledby="jp-quantlab-dashboard-first"
    >
      <h2 id="jp-quantlab-dashboard-first">{trans.__('Nothing saved yet')}</h2>
      <p className="jp-QuantLab-Dashboard-hint">
        {trans.__(
          'What you save appears here: notebooks, scripts and chart layouts, with their versions. Begin with one of these.'
        )}
      </p>
      <ul className="jp-QuantLab-Cards">
        {steps
          .filter(([id]) => works(commands, id))
          .map(([id, Icon, title, text]) => (
            <li key={id} className="jp-QuantLab-Card">
              <button
                type="button"
                className="jp-QuantLab-Card-open"
                onClick={() => void commands.execute(id)}
              >
                <Icon.react
                  tag="span"
                  className="jp-QuantLab-Card-icon"
                  width="22px"
                  height="22px"
                />
                <span className="jp-QuantLab-Card-text">
                  <span className="jp-QuantLab-Card-name">{title}</span>
                  <span className="jp-QuantLab-Card-more jp-mod-wrap">
                    {text}
                  </span>
                </span>
              </button>
            </li>
          ))}
      </ul>
    </section>
  );
}
