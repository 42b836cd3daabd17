/**
 * A list to choose one from, with its name for screen readers and as a tooltip.
 */
import * as React from 'react';

/** There keys open the list; elsewhere they choose in it while it is closed. */
const OPENS = /^Mac/.test(navigator.platform);

interface ISelectProps {
  label: string;
  value: string;
  options: [string, string][];
  disabled?: boolean;
  /** Mark every value but the empty one; default true. */
  isFilter?: boolean;
  onChange: (value: string) => void;
}

/** `options` are pairs of value and label; a value that narrows something is marked. */
export function Select(props: ISelectProps): JSX.Element {
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

/**
 * A list of things to do, `title` when closed. What is passed on the way with arrows or letters is not done: Enter does
 * it.
 */
export function ActSelect(
  props: Pick<ISelectProps, 'label' | 'options' | 'disabled'> & {
    title: string;
    onAct: (value: string) => void;
  }
): JSX.Element {
  const { label, title, options, disabled, onAct } = props;
  const [passed, setPassed] = React.useState('');
  const isPassing = React.useRef(false);
  const leave = (): void => {
    isPassing.current = false;
    setPassed('');
  };
  const act = (value: string): void => {
    leave();
    if (value !== '') {
      onAct(value);
    }
  };
  return (
    <select
      aria-label={label}
      title={label}
      value={passed}
      disabled={disabled}
      onChange={event =>
        isPassing.current
          ? setPassed(event.target.value)
          : act(event.target.value)
      }
      onKeyDown={event => {
        // Space, and arrows with Alt, open the list.
        isPassing.current = !OPENS && event.key !== ' ' && !event.altKey;
        if (event.key === 'Enter') {
          event.preventDefault();
          act(passed);
        }
      }}
      onPointerDown={() => {
        isPassing.current = false;
      }}
      onBlur={leave}
    >
      <option value="">{title}</option>
      {options.map(([key, text]) => (
        <option key={key} value={key}>
          {text}
        </option>
      ))}
    </select>
  );
}
