/**
 * A chart's picture and figures outside of it.
 */
import type { ChartModel } from './model';
import type { IChartState } from './state';
import { studyName } from './table';
import type { IChartColours } from './theme';

/** Of the words over a picture, in pixels of the page. */
const FONT_SIZE = 13;
const LINE = 20;
const MARGIN = 8;

/** `SAMPLE-AAPL 1D.png`: what the file holds and from where, in letters that every file system takes. */
export function fileName(
  state: Pick<IChartState, 'symbol'> & { timeframe: string },
  extension: string
): string {
  const symbol = state.symbol.replace(/[^\p{L}\p{N}_.-]+/gu, '-');
  return `${symbol} ${state.timeframe}.${extension}`;
}

/** What stands over a picture: without it nobody knows later what it shows, nor that prices were a replay. */
export function headingOf(
  model: Pick<ChartModel, 'instrument' | 'state' | 'catalogue' | 'zone'>,
  note: string
): string[] {
  const { instrument, state, catalogue, zone } = model;
  const symbol = instrument?.symbol ?? state.symbol;
  const name = instrument?.name ?? symbol;
  const what = [name, symbol, state.timeframe, zone, note];
  const studies = state.studies.flatMap(study => {
    const info = catalogue.find(one => one.id === study.study);
    return info && study.visible !== false ? [studyName(study, info)] : [];
  });
  return [[...new Set(what)], studies]
    .map(words => words.filter(Boolean).join(' · '))
    .filter(Boolean);
}

/** A picture with lines of text above it; `ratio` is how many of its pixels one of the page has. */
export function withHeading(
  picture: HTMLCanvasElement,
  lines: readonly string[],
  { background, text, font }: IChartColours,
  ratio = window.devicePixelRatio
): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  const height = Math.ceil((lines.length * LINE + MARGIN) * ratio);
  canvas.width = picture.width;
  canvas.height = picture.height + height;
  const pen = canvas.getContext('2d');
  if (pen) {
    pen.fillStyle = background;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = text;
    pen.font = `${FONT_SIZE * ratio}px ${font}`;
    lines.forEach((line, i) =>
      pen.fillText(
        line,
        MARGIN * ratio,
        (MARGIN + i * LINE + FONT_SIZE) * ratio,
        canvas.width - 2 * MARGIN * ratio
      )
    );
    pen.drawImage(picture, 0, height);
  }
  return canvas;
}

/** A notebook cell that brings the same bars into a kernel. */
export function asCell(state: IChartState): string {
  const symbol = JSON.stringify(state.symbol);
  return [
    'import quantlab_ext as ql',
    '',
    `bars = ql.bars(${symbol}, "${state.timeframe}")`,
    'bars.tail()'
  ].join('\n');
}
