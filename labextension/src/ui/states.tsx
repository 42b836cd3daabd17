/**
 * What a view shows while it has nothing to show: loading, empty, failed.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Problem } from './problems';
import { describe } from './problems';

/** Rows in the shape of what is coming. */
export function Skeleton(props: { rows: number; label: string }): JSX.Element {
  return (
    <div className="jp-QuantLab-Skeleton" role="status">
      <span className="jp-QuantLab-visuallyHidden">{props.label}</span>
      {Array.from({ length: props.rows }, (_, index) => (
        <div key={index} className="jp-QuantLab-Skeleton-row" aria-hidden>
          <span className="jp-QuantLab-Skeleton-dot" />
          <span className="jp-QuantLab-Skeleton-lines">
            <span style={{ width: `${72 - ((index * 17) % 34)}%` }} />
            <span style={{ width: `${44 - ((index * 11) % 20)}%` }} />
          </span>
        </div>
      ))}
    </div>
  );
}

export interface IAction {
  label: string;
  onClick: () => void;
  primary?: boolean;
}

/** Nothing there: says what would be, and offers the first step. */
export function EmptyState(props: {
  icon?: LabIcon;
  title: string;
  text: string;
  actions?: IAction[];
}): JSX.Element {
  return (
    <div className="jp-QuantLab-Empty">
      {props.icon ? (
        <props.icon.react
          tag="span"
          className="jp-QuantLab-Empty-icon"
          width="40px"
          height="40px"
        />
      ) : null}
      <h3>{props.title}</h3>
      <p>{props.text}</p>
      <Actions actions={props.actions ?? []} />
    </div>
  );
}

/** Buttons under a text. */
export function Actions(props: { actions: IAction[] }): JSX.Element | null {
  if (props.actions.length === 0) {
    return null;
  }
  return (
    <div className="jp-QuantLab-Actions">
      {props.actions.map(action => (
        <button
          key={action.label}
          type="button"
          className={`jp-mod-styled ${action.primary ? 'jp-mod-accept' : 'jp-mod-reject'}`}
          onClick={action.onClick}
        >
          {action.label}
        </button>
      ))}
    </div>
  );
}

/** A problem with its way out; the request id folds away. */
export function ProblemBox(props: {
  problem: Problem;
  trans: TranslationBundle;
  /** What was kept, where that matters. */
  kept?: string;
  onRetry?: () => void;
  actions?: IAction[];
}): JSX.Element {
  const { problem, trans, kept, onRetry } = props;
  const actions = [...(props.actions ?? [])];
  if (onRetry && problem.retry) {
    actions.unshift({
      label: trans.__('Retry'),
      onClick: onRetry,
      primary: true
    });
  }
  return (
    <div className="jp-QuantLab-Problem" role="alert">
      <p>
        {problem.message}
        {kept ? ` ${kept}` : ''}
      </p>
      {problem.detail ? (
        <details>
          <summary>{trans.__('Details')}</summary>
          <code>{problem.detail}</code>
        </details>
      ) : null}
      <Actions actions={actions} />
    </div>
  );
}

/** A rejection with its way out. */
export function ErrorBox(props: {
  error: unknown;
  trans: TranslationBundle;
  kept?: string;
  onRetry?: () => void;
  actions?: IAction[];
}): JSX.Element {
  const { error, ...rest } = props;
  return <ProblemBox problem={describe(error, props.trans)} {...rest} />;
}
