/**
 * A list to choose one from, with its name for screen readers and as a tooltip.
 */
import * as React from 'react';

/** `options` are pairs of value and label; a value that narrows something is marked. */
export function Select(props: {
  label: string;
  value: string;
  options: [string, string][];
  disabled?: boolean;
  /** Mark every value but the empty one; default true. */
  isFilter?: boolean;
  onChange: (value: string) => void;
}): JSX.Element {
  const { label, value, options, disabled, isFilter = true, onChange } = props;
  return (
    <select
      aria-label={label}
      title={label}
      value={value}
      disabled={disabled}
      className={isFilter && value !== '' ? 'jp-mod-active' : undefined}
      onChange={event => onChange(event.target.value)}
    >
      {options.map(([key, text]) => (
        <option key={key} value={key}>
          {text}
        </option>
      ))}
    </select>
  );
}
