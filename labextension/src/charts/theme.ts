/**
 * Colours of a chart, read from JupyterLab's theme.
 */
import type { ChartOptions, DeepPartial } from 'lightweight-charts';

/** Colours in a form that a canvas understands. */
export interface IChartColours {
  background: string;
  text: string;
  grid: string;
  border: string;
  up: string;
  down: string;
  line: string;
  series: readonly string[];
  font: string;
}

/** One for all charts: making one takes longer than what it is asked. */
const pen = document.createElement('canvas').getContext('2d');

/** Read the theme where `node` is. */
export function readColours(node: HTMLElement): IChartColours {
  const style = getComputedStyle(node);
  const colour = (name: string, otherwise: string): string => {
    const value = style.getPropertyValue(name).trim() || otherwise;
    if (!pen) {
      return value;
    }
    // Whatever way the theme writes a colour, the canvas says it as #rrggbb or rgba().
    pen.fillStyle = otherwise;
    pen.fillStyle = value;
    return pen.fillStyle;
  };
  return {
    background: colour('--jp-layout-color1', '#fff'),
    text: colour('--jp-ui-font-color1', '#212121'),
    grid: colour('--jp-border-color2', '#e0e0e0'),
    border: colour('--jp-border-color1', '#bdbdbd'),
    // Never by colour alone: rising candles are hollow, falling ones are filled.
    up: colour('--jp-success-color1', '#388e3c'),
    down: colour('--jp-error-color1', '#d32f2f'),
    line: colour('--jp-brand-color1', '#1976d2'),
    series: [
      colour('--jp-brand-color1', '#1976d2'),
      colour('--jp-warn-color1', '#f57c00'),
      '#9c27b0',
      '#00897b',
      '#c2185b',
      '#7cb342'
    ],
    // No colour: a canvas that is given it as one keeps the colour before it.
    font: style.getPropertyValue('--jp-ui-font-family').trim() || 'sans-serif'
  };
}

/** The library's options that have these colours. */
export function themed(colours: IChartColours): DeepPartial<ChartOptions> {
  const { background, text, grid, border, font } = colours;
  return {
    layout: {
      background: { color: background },
      textColor: text,
      fontFamily: font,
      panes: { separatorColor: border, enableResize: true }
    },
    grid: { vertLines: { color: grid }, horzLines: { color: grid } }
  };
}

/** The same colour, seen through; `colour` as {@link readColours} gives it. */
export function faded(colour: string, alpha: number): string {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  if (!hex) {
    return colour;
  }
  const [red, green, blue] = hex.slice(1).map(part => parseInt(part, 16));
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}
