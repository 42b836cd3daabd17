/**
 * Tags as chips: typed, chosen from what is known, removed by click or Backspace.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Field } from './fields';
import { TAGS_MAX, TAG_MAX, nameMessage, nameProblem, withTag } from './names';

/** The tag field of a form. Text not yet made a chip is handed up too, so that nothing typed is lost. */
export function TagsField(props: {
  id: string;
  tags: readonly string[];
  text: string;
  suggestions: readonly string[];
  onChange: (tags: string[], text: string) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { id, tags, text, suggestions, onChange, trans } = props;
  const input = React.useRef<HTMLInputElement>(null);
  const problem = text.trim() === '' ? null : nameProblem(text, TAG_MAX);
  const full = tags.length >= TAGS_MAX;
  const commit = (value: string): void => {
    if (nameProblem(value, TAG_MAX) === null) {
      onChange(withTag(tags, value), '');
    }
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) {
      return;
    }
    if ((event.key === 'Enter' || event.key === ',') && text.trim() !== '') {
      event.preventDefault();
      event.stopPropagation();
      commit(text);
    } else if (event.key === 'Backspace' && text === '' && tags.length > 0) {
      onChange(tags.slice(0, -1), '');
    }
  };
  const open = suggestions.filter(tag => !tags.includes(tag));
  return (
    <Field
      id={id}
      label={trans.__('Tags')}
      error={problem ? nameMessage(problem, trans, TAG_MAX) : null}
      hint={
        full
          ? trans.__('At most %1 tags.', TAGS_MAX)
          : trans.__('Press Enter after each tag.')
      }
    >
      {aria => (
        <div
          className="jp-QuantLab-Tags"
          onClick={event => {
            if (event.target === event.currentTarget) {
              input.current?.focus();
            }
          }}
        >
          {tags.map(tag => (
            <span key={tag} className="jp-QuantLab-Tag" dir="auto">
              {tag}
              <button
                type="button"
                aria-label={trans.__('Remove tag %1', tag)}
                onClick={() => {
                  onChange(
                    tags.filter(other => other !== tag),
                    text
                  );
                  input.current?.focus();
                }}
              >
                <closeIcon.react tag="span" width="10px" />
              </button>
            </span>
          ))}
          <input
            {...aria}
            ref={input}
            list={`${id}-known`}
            value={text}
            disabled={full}
            autoComplete="off"
            // Enter makes a chip while there is text; the dialog asks before it submits.
            data-own-enter={text.trim() !== '' ? '' : undefined}
            onChange={event => {
              const value = event.target.value;
              // A pick from the list arrives as a change of the whole value.
              if (open.includes(value) && value.length - text.length > 1) {
                commit(value);
              } else {
                onChange([...tags], value);
              }
            }}
            onKeyDown={onKeyDown}
          />
          <datalist id={`${id}-known`}>
            {open.map(tag => (
              <option key={tag} value={tag} />
            ))}
          </datalist>
        </div>
      )}
    </Field>
  );
}
