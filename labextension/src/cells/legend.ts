/**
 * What stands over a chart in a cell: the instrument, the bar under the crosshair, the values of the studies there.
 */
import { compact } from '../charts/formats';
import { change, price, studyFigure } from '../charts/summary';
import { fullTime } from '../charts/times';
import type { CellContent } from './content';
import { words } from './words';

/** Show the bar at `index`; null: the newest. Everything given is text and never markup. */
export function drawLegend(
  node: HTMLElement,
  content: CellContent,
  index: number | null,
  locale: string
): void {
  const { instrument, state } = content;
  const lines = [
    line(
      'name',
      element('strong', instrument.name),
      ...(instrument.symbol === instrument.name
        ? []
        : [element('span', instrument.symbol)]),
      element('span', state.timeframe),
      ...(instrument.adjusted
        ? [element('span', words.__('adjusted for %1', instrument.adjusted))]
        : [])
    )
  ];
  const { bars } = content;
  const at = Math.min(index ?? Infinity, bars.time.length - 1);
  if (at >= 0) {
    lines.push(readout(content, at, locale), ...studies(content, at, locale));
  }
  node.replaceChildren(...lines);
}

function readout(
  content: CellContent,
  at: number,
  locale: string
): HTMLElement {
  const { bars, instrument, state } = content;
  const when = element(
    'time',
    fullTime(bars.time[at], state.timeframe, instrument.timezone, locale)
  );
  when.title = instrument.timezone;
  const volume = bars.volume[at];
  return line(
    'readout',
    when,
    ...(
      [
        ['O', bars.open],
        ['H', bars.high],
        ['L', bars.low],
        ['C', bars.close]
      ] as const
    ).map(([label, column]) =>
      figure(words.__(label), price(column[at], instrument, locale))
    ),
    element('span', change(bars, at, locale)),
    ...(volume === null || volume === undefined
      ? []
      : [figure(words.__('Vol'), compact(locale).format(volume))])
  );
}

function studies(
  content: CellContent,
  at: number,
  locale: string
): HTMLElement[] {
  return content.state.studies.map((study, place) => {
    const info = content.catalogue[place];
    const values = content.valuesOf(study) ?? {};
    return line(
      'study',
      element('span', info.label),
      element('span', Object.values(study.inputs).join(' ')),
      ...info.plots.map(plot => {
        const value = studyFigure(
          values[plot.name]?.[at],
          info,
          content.instrument,
          locale
        );
        return info.plots.length > 1
          ? figure(plot.label, value)
          : element('span', value);
      })
    );
  });
}

function figure(label: string, value: string): HTMLElement {
  const node = element('span', '');
  node.append(element('abbr', label), ` ${value}`);
  return node;
}

function line(kind: string, ...parts: HTMLElement[]): HTMLElement {
  const node = element('p', '');
  node.className = `jp-QuantLab-CellChart-${kind}`;
  node.append(...parts.filter(part => part.textContent !== ''));
  return node;
}

function element(tag: string, text: string): HTMLElement {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}
