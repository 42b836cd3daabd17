/**
 * What stands over a chart: the instrument, the bar under the crosshair, and the studies with their inputs.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Study } from '../api/models';
import { describe } from '../ui/problems';
import { compact } from './formats';
import { MissingStudy, removeStudy } from './missing';
import type { ChartModel } from './model';
import { BarNotes, PaneScale } from './notes';
import type { IStudyState } from './state';
import { change, price, studyFigure } from './summary';
import { fullTime } from './times';

interface ILegendProps {
  model: ChartModel;
  /** The bar under the crosshair; null: the newest. */
  index: number | null;
  locale: string;
  trans: TranslationBundle;
  /** The colour in which a study's plot is drawn. */
  colour: (study: string, plot: string) => string;
  /** What has to be said with a live price, and why there is none at the moment. */
  note: string;
  problem: string;
}

export function Legend(props: ILegendProps): JSX.Element | null {
  const { model, trans, locale } = props;
  const { bars, instrument, page, state } = model;
  if (bars.time.length === 0) {
    return null;
  }
  const index = Math.min(
    props.index ?? bars.time.length - 1,
    bars.time.length - 1
  );
  const figure = (value: number | null): string =>
    price(value, instrument, locale);
  const volume = bars.volume[index];
  return (
    <>
      <p className="jp-QuantLab-Chart-name">
        <strong>{instrument?.name ?? state.symbol}</strong>
        <span>{instrument?.symbol ?? state.symbol}</span>
        <span>{state.timeframe}</span>
        {props.note ? (
          <span className="jp-QuantLab-Chart-note">{props.note}</span>
        ) : null}
        {props.problem ? (
          <span role="status" title={props.problem}>
            {trans.__('no live prices')}
          </span>
        ) : null}
        {page ? (
          <span title={page.source}>
            {page.adjusted
              ? trans.__('adjusted for %1', page.adjusted)
              : trans.__('not adjusted')}
          </span>
        ) : null}
      </p>
      <p
        className="jp-QuantLab-Chart-readout"
        role="group"
        aria-label={trans.__('Read-out')}
        // On a phone what stands above the picture scrolls, and keys must reach it.
        tabIndex={window.matchMedia('(width <= 600px)').matches ? 0 : undefined}
      >
        <time title={model.zone}>
          {fullTime(bars.time[index], state.timeframe, model.zone, locale)}
        </time>
        <Figure label={trans.__('O')} value={figure(bars.open[index])} />
        <Figure label={trans.__('H')} value={figure(bars.high[index])} />
        <Figure label={trans.__('L')} value={figure(bars.low[index])} />
        <Figure label={trans.__('C')} value={figure(bars.close[index])} />
        <span>{change(bars, index, locale)}</span>
        {volume === null ? null : (
          <Figure
            label={trans.__('Vol')}
            value={compact(locale).format(volume)}
          />
        )}
      </p>
      <BarNotes model={model} trans={trans} />
      {state.studies.map(study => (
        <StudyLine key={study.id} study={study} at={index} {...props} />
      ))}
    </>
  );
}

function Figure(props: { label: string; value: string }): JSX.Element {
  return (
    <span>
      <abbr>{props.label}</abbr> {props.value}
    </span>
  );
}

function StudyLine(
  props: ILegendProps & { study: IStudyState; at: number }
): JSX.Element {
  const { model, study, at, trans, locale } = props;
  const info = model.catalogue.find(one => one.id === study.study);
  const values = model.valuesOf(study);
  const problem = model.problemOf(study);
  const label = info?.label ?? study.study;
  return (
    <div className="jp-QuantLab-Chart-study">
      <label>
        <input
          type="checkbox"
          title={trans.__('Show')}
          checked={study.visible !== false}
          onChange={event =>
            void model.setStyle(study.id, { visible: event.target.checked })
          }
        />
        {label}
      </label>
      {info?.inputs.map(input => (
        <Input key={input.name} {...props} label={label} input={input} />
      ))}
      {info && values
        ? info.plots.map(plot => (
            <span key={plot.name} title={plot.label}>
              <ColourInput
                label={trans.__('Colour of %1: %2', label, plot.label)}
                value={props.colour(study.id, plot.name)}
                onChange={colour =>
                  void model.setStyle(study.id, {
                    colours: { ...study.colours, [plot.name]: colour }
                  })
                }
              />
              {studyFigure(
                valueAt(values[plot.name], at, props.index === null),
                info,
                model.instrument,
                locale
              )}
            </span>
          ))
        : null}
      {info ? (
        <PaneScale model={model} study={study} info={info} trans={trans} />
      ) : null}
      {info ? null : <MissingStudy model={model} study={study} trans={trans} />}
      {!info || problem === null ? null : (
        <em role="alert">{describe(problem, trans).message}</em>
      )}
      {info ? (
        <button
          type="button"
          className="jp-QuantLab-IconButton"
          title={trans.__('Remove')}
          aria-label={trans.__('Remove %1', label)}
          onClick={() => removeStudy(props, label)}
        >
          <closeIcon.react tag="span" width="12px" aria-hidden />
        </button>
      ) : null}
    </div>
  );
}

/** A colour to choose; `value` is `#rrggbb`, perhaps with two digits more. */
export function ColourInput(props: {
  label: string;
  value: string;
  onChange: (colour: string) => void;
}): JSX.Element {
  return (
    <input
      type="color"
      className="jp-QuantLab-Chart-colour"
      title={props.label}
      aria-label={props.label}
      value={props.value.slice(0, 7)}
      onChange={event => props.onChange(event.target.value)}
    />
  );
}

/** The bar under way of a live chart has no figure yet: what stands there is the last one that is known. */
function valueAt(
  values: (number | null)[] | undefined,
  at: number,
  isNewest: boolean
): number | null | undefined {
  return isNewest ? values?.[Math.min(at, values.length - 1)] : values?.[at];
}

/** A number of a study; taken when the field is left or Enter is pressed. */
function Input(
  props: ILegendProps & {
    study: IStudyState;
    /** The study's. */
    label: string;
    input: Study['inputs'][number];
  }
): JSX.Element {
  const { model, study, label, input, trans } = props;
  const current = study.inputs[input.name] ?? input.default;
  const [text, setText] = React.useState(String(current));
  React.useEffect(() => setText(String(current)), [current]);
  const take = (): void => {
    const value = Number(text);
    const fits =
      text.trim() !== '' &&
      Number.isFinite(value) &&
      value >= input.minimum &&
      value <= input.maximum &&
      (input.kind !== 'integer' || Number.isInteger(value));
    if (!fits) {
      setText(String(current));
    } else if (value !== current) {
      void model.setInputs(study.id, { ...study.inputs, [input.name]: value });
    }
  };
  return (
    <input
      type="number"
      className="jp-QuantLab-Chart-input"
      // Two studies may have inputs of one name.
      aria-label={trans.__('%1: %2', label, input.label)}
      title={`${input.label}: ${input.minimum} – ${input.maximum}`}
      min={input.minimum}
      max={input.maximum}
      value={text}
      onChange={event => setText(event.target.value)}
      onBlur={take}
      onKeyDown={event => {
        if (event.key === 'Enter') {
          take();
        }
      }}
    />
  );
}
