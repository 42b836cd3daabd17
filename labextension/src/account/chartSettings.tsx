/**
 * What new charts start with, and the layout that opens at the start. Every choice is kept at once.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { LayoutItem, Profile } from '../api/models';
import { defaultsOf, keepDefaults, stateOfDefaults } from '../charts/defaults';
import type { ChartScale, ChartStyle, Timeframe } from '../charts/ids';
import { SCALES, STYLES, TIMEFRAMES } from '../charts/ids';
import { keepZone } from '../charts/preferred';
import { askSymbol } from '../charts/search';
import type { IChartState } from '../charts/state';
import { scaleLabels, styleLabels } from '../charts/words';
import { EXCHANGE, zoneOptions } from '../charts/zones';
import { Field } from '../ui/fields';
import { ErrorBox } from '../ui/states';

/** So many layouts are offered as the default, the newest first. */
const LAYOUTS = 200;

interface ISettingsProps {
  client: QuantLabClient;
  profile: Profile;
  trans: TranslationBundle;
}

export function ChartSettings(props: ISettingsProps): JSX.Element {
  const { client, profile, trans } = props;
  const [state, setState] = React.useState(() =>
    stateOfDefaults(profile.preferences.chart_defaults)
  );
  const [zone, setZone] = React.useState(
    profile.preferences.timezone ?? EXCHANGE
  );
  const [layout, setLayout] = React.useState(profile.default_layout_id);
  const [problem, setProblem] = React.useState<unknown>(null);
  const [said, setSaid] = React.useState('');
  // One at a time: two choices in a row must not overtake each other.
  const queue = React.useRef(Promise.resolve());
  const keep = (act: () => Promise<unknown>, undo: () => void): void => {
    setSaid('');
    queue.current = queue.current.then(act).then(
      () => {
        setProblem(null);
        setSaid(trans.__('Saved.'));
      },
      (error: unknown) => {
        undo();
        setProblem(error);
      }
    );
  };
  const change = (next: IChartState | null): void => {
    const before = state;
    setState(next ?? stateOfDefaults({}));
    keep(
      () => keepDefaults(client, next ? defaultsOf(next) : {}),
      () => setState(before)
    );
  };
  return (
    <section aria-labelledby="quantlab-new-charts">
      <h3 id="quantlab-new-charts">{trans.__('Charts')}</h3>
      <p className="jp-QuantLab-muted">
        {trans.__('New charts and layouts begin with this, on every device.')}
      </p>
      <div className="jp-QuantLab-ChartSettings">
        <SymbolField {...props} state={state} onChange={change} />
        <Look state={state} trans={trans} onChange={change} />
        <Choice
          id="quantlab-timezone"
          label={trans.__('Time zone')}
          value={zone}
          options={zoneOptions(zone, trans)}
          onChange={chosen => {
            const before = zone;
            setZone(chosen);
            keep(
              () => keepZone(client, chosen),
              () => setZone(before)
            );
          }}
        />
        <DefaultLayout
          {...props}
          value={layout}
          onChange={id => {
            const before = layout;
            setLayout(id);
            keep(
              () => client.updateProfile({ default_layout_id: id }),
              () => setLayout(before)
            );
          }}
        />
      </div>
      <Studies state={state} trans={trans} onChange={change} />
      <div className="jp-QuantLab-Actions">
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={() => change(null)}
        >
          {trans.__('Reset chart defaults')}
        </button>
        <span role="status" className="jp-QuantLab-muted">
          {said}
        </span>
      </div>
      {problem ? <ErrorBox error={problem} trans={trans} /> : null}
    </section>
  );
}

interface IPartProps {
  state: IChartState;
  trans: TranslationBundle;
  onChange: (state: IChartState) => void;
}

function SymbolField(props: ISettingsProps & IPartProps): JSX.Element {
  const { client, state, trans, onChange } = props;
  return (
    <Field id="quantlab-default-symbol" label={trans.__('Symbol')}>
      {aria => (
        <button
          {...aria}
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={() =>
            void askSymbol(client, state.symbol, trans).then(symbol => {
              if (symbol) {
                onChange({ ...state, symbol });
              }
            })
          }
        >
          {state.symbol}
        </button>
      )}
    </Field>
  );
}

function Look(props: IPartProps): JSX.Element {
  const { state, trans, onChange } = props;
  const styles = styleLabels(trans);
  const scales = scaleLabels(trans);
  return (
    <>
      <Choice
        id="quantlab-default-timeframe"
        label={trans.__('Timeframe')}
        value={state.timeframe}
        options={TIMEFRAMES.map(one => [one, one])}
        onChange={timeframe =>
          onChange({ ...state, timeframe: timeframe as Timeframe })
        }
      />
      <Choice
        id="quantlab-default-style"
        label={trans.__('Style')}
        value={state.style}
        options={STYLES.map(one => [one, styles[one]])}
        onChange={style => onChange({ ...state, style: style as ChartStyle })}
      />
      <Choice
        id="quantlab-default-scale"
        label={trans.__('Scale')}
        value={state.scale}
        options={SCALES.map(one => [one, scales[one]])}
        onChange={scale => onChange({ ...state, scale: scale as ChartScale })}
      />
      <Choice
        id="quantlab-default-volume"
        label={trans.__('Volume')}
        value={state.volume ? 'on' : 'off'}
        options={[
          ['on', trans.__('Shown')],
          ['off', trans.__('Hidden')]
        ]}
        onChange={volume => onChange({ ...state, volume: volume === 'on' })}
      />
    </>
  );
}

function Studies(props: IPartProps): JSX.Element | null {
  const { state, trans, onChange } = props;
  if (state.studies.length === 0) {
    return (
      <p className="jp-QuantLab-muted">
        {trans.__(
          'To begin with studies, add them to a chart and run “Use for New Charts” from the command palette.'
        )}
      </p>
    );
  }
  return (
    <ul
      className="jp-QuantLab-ChartSettings-studies"
      aria-label={trans.__('Studies')}
    >
      {state.studies.map(one => {
        const name = [one.study, ...Object.values(one.inputs)].join(' ');
        return (
          <li key={one.id}>
            {name}
            <button
              type="button"
              className="jp-QuantLab-Link"
              aria-label={trans.__('Remove %1', name)}
              onClick={() =>
                onChange({
                  ...state,
                  studies: state.studies.filter(other => other !== one)
                })
              }
            >
              {trans.__('Remove')}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function DefaultLayout(
  props: ISettingsProps & {
    value: string | null;
    onChange: (id: string | null) => void;
  }
): JSX.Element {
  const { client, trans, value, onChange } = props;
  const [layouts, setLayouts] = React.useState<readonly LayoutItem[] | null>(
    null
  );
  React.useEffect(() => {
    const loading = new AbortController();
    client.layouts
      .list({ sort: '-updated_at', limit: LAYOUTS }, loading.signal)
      .then(({ items }) => setLayouts(items))
      // The choice that is in force stays in sight; the rest of the page says what is wrong.
      .catch(() => undefined);
    return () => loading.abort();
  }, [client]);
  const options = (layouts ?? []).map((one): [string, string] => [
    one.id,
    one.name
  ]);
  if (value && !options.some(([id]) => id === value)) {
    options.push([value, layouts ? trans.__('A layout not listed here') : '…']);
  }
  return (
    <Choice
      id="quantlab-default-layout"
      label={trans.__('Layout at the start')}
      value={value ?? ''}
      options={[['', trans.__('None')], ...options]}
      onChange={id => onChange(id || null)}
    />
  );
}

function Choice(props: {
  id: string;
  label: string;
  value: string;
  options: [string, string][];
  onChange: (value: string) => void;
}): JSX.Element {
  const { value, options, onChange } = props;
  return (
    <Field {...props}>
      {aria => (
        <select
          {...aria}
          className="jp-mod-styled"
          value={value}
          onChange={event => onChange(event.target.value)}
        >
          {options.map(([key, text]) => (
            <option key={key} value={key}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
