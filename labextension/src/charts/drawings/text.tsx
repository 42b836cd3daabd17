/**
 * Asks for the words of a text on a chart.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IDialogControl } from '../../ui/dialog';
import { showForm } from '../../ui/dialog';
import { Field } from '../../ui/fields';
import { TEXT_MAX } from './state';

/** Ask for words, `text` at first; null: left. Where they are optional, none is an answer too. */
export function askText(
  text: string,
  trans: TranslationBundle,
  isOptional = false
): Promise<string | null> {
  const written = { text };
  return showForm<string>({
    title: trans.__('Text on the chart'),
    accept: trans.__('Show'),
    cancel: trans.__('Cancel'),
    focus: 'textarea',
    render: control => (
      <Words
        text={text}
        isOptional={isOptional}
        control={control}
        trans={trans}
        onChange={value => {
          written.text = value;
        }}
      />
    ),
    submit: () => {
      const words = written.text.trim();
      return Promise.resolve(words !== '' || isOptional ? words : undefined);
    }
  });
}

function Words(props: {
  text: string;
  isOptional: boolean;
  control: IDialogControl;
  trans: TranslationBundle;
  onChange: (text: string) => void;
}): JSX.Element {
  const { isOptional, control, trans, onChange } = props;
  const [text, setText] = React.useState(props.text);
  React.useEffect(() => {
    onChange(text);
    control.setReady(isOptional || text.trim() !== '');
  }, [text, isOptional, control, onChange]);
  return (
    <Field id="quantlab-chart-text" label={trans.__('Text')}>
      {aria => (
        <textarea
          {...aria}
          className="jp-mod-styled"
          rows={3}
          maxLength={TEXT_MAX}
          value={text}
          onChange={event => setText(event.target.value)}
        />
      )}
    </Field>
  );
}
