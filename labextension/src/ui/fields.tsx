/**
 * Form fields: label above, message at the field, kept quiet until first left.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

/** A label, a control and the message that belongs to it. */
export function Field(props: {
  id: string;
  label: string;
  hint?: React.ReactNode;
  error?: string | null;
  optional?: string;
  children: (aria: {
    id: string;
    'aria-describedby': string | undefined;
    'aria-invalid': boolean | undefined;
  }) => React.ReactNode;
}): JSX.Element {
  const { id, label, hint, error, optional } = props;
  const describedBy =
    [error ? `${id}-error` : '', hint ? `${id}-hint` : '']
      .filter(Boolean)
      .join(' ') || undefined;
  return (
    <div className="jp-QuantLab-Field">
      <label htmlFor={id}>
        {label}
        {optional ? <small> {optional}</small> : null}
      </label>
      {props.children({
        id,
        'aria-describedby': describedBy,
        'aria-invalid': error ? true : undefined
      })}
      {error ? (
        <p id={`${id}-error`} className="jp-QuantLab-Field-error" role="alert">
          {error}
        </p>
      ) : null}
      {hint ? (
        <p id={`${id}-hint`} className="jp-QuantLab-Field-hint">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

/** A text field. */
export function TextField(props: {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  onBlur?: () => void;
  error?: string | null;
  hint?: React.ReactNode;
  type?: 'text' | 'email' | 'date';
  autoComplete?: string;
  spellCheck?: boolean;
  required?: boolean;
  disabled?: boolean;
  optional?: string;
}): JSX.Element {
  return (
    <Field {...props}>
      {aria => (
        <input
          {...aria}
          className="jp-mod-styled"
          type={props.type ?? 'text'}
          // `email` would refuse addresses in other scripts before the service is asked.
          inputMode={props.type === 'email' ? 'email' : undefined}
          value={props.value}
          autoComplete={props.autoComplete ?? 'off'}
          spellCheck={props.spellCheck ?? false}
          aria-required={props.required || undefined}
          disabled={props.disabled}
          onChange={event => props.onChange(event.target.value)}
          onBlur={props.onBlur}
        />
      )}
    </Field>
  );
}

/** A password field that can be shown. */
export function PasswordField(props: {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  onBlur?: () => void;
  error?: string | null;
  hint?: React.ReactNode;
  autoComplete: 'current-password' | 'new-password';
  trans: TranslationBundle;
}): JSX.Element {
  const [shown, setShown] = React.useState(false);
  return (
    <Field {...props}>
      {aria => (
        <span className="jp-QuantLab-Password">
          <input
            {...aria}
            className="jp-mod-styled"
            type={shown ? 'text' : 'password'}
            value={props.value}
            autoComplete={props.autoComplete}
            spellCheck={false}
            aria-required
            onChange={event => props.onChange(event.target.value)}
            onBlur={props.onBlur}
          />
          <button
            type="button"
            className="jp-QuantLab-Password-toggle"
            aria-pressed={shown}
            aria-label={props.trans.__('Show password')}
            aria-controls={props.id}
            onClick={() => setShown(!shown)}
          >
            {shown ? props.trans.__('Hide') : props.trans.__('Show')}
          </button>
        </span>
      )}
    </Field>
  );
}
