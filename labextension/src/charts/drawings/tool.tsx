/**
 * A button of the drawing tools: an icon with its name.
 */
import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

export function Tool(props: {
  icon: LabIcon;
  label: string;
  pressed?: boolean;
  expanded?: boolean;
  disabled?: boolean;
  onClick: () => void;
}): JSX.Element {
  return (
    <button
      type="button"
      className="jp-QuantLab-IconButton"
      title={props.label}
      aria-label={props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <props.icon.react tag="span" width="16px" aria-hidden />
    </button>
  );
}
