/**
 * Puts drawings on a chart: model, layer, tools and keys.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import * as React from 'react';
import { createRoot } from 'react-dom/client';

import type { ChartModel } from '../model';
import type { ChartSurface } from '../surface';
import { onDrawingKey } from './keys';
import { DrawingLayer } from './layer';
import { DrawingsModel } from './model';
import { askText } from './text';
import { DrawingTools } from './toolbar';

import '../../../style/drawings.css';

/** Drawings on a page. */
export interface IMountedDrawings extends IDisposable {
  readonly model: DrawingsModel;
  readonly layer: DrawingLayer;
}

export interface IMountOptions {
  /** Holds the canvas; the tools are put into it. */
  area: HTMLElement;
  canvas: HTMLElement;
  surface: ChartSurface;
  chart: ChartModel;
  trans: TranslationBundle;
  locale: string;
}

export function mountDrawings(options: IMountOptions): IMountedDrawings {
  const { area, canvas, surface, chart, trans, locale } = options;
  const model = new DrawingsModel(chart);
  const layer = new DrawingLayer({
    canvas,
    surface,
    chart,
    drawings: model,
    locale,
    askText: async text => {
      const words = await askText(text, trans);
      canvas.focus();
      return words;
    }
  });
  const node = document.createElement('div');
  node.className = 'jp-QuantLab-Draw';
  area.append(node);
  const root = createRoot(node);
  root.render(
    <DrawingTools
      drawings={model}
      trans={trans}
      onTake={tool => {
        model.take(tool);
        canvas.focus();
      }}
    />
  );
  const onKeyDown = (event: KeyboardEvent): void => {
    const isHere = canvas.contains(event.target as Node);
    // Enter on a button of the tools presses that button.
    const isTool = node.contains(event.target as Node) && event.key !== 'Enter';
    if (
      (isHere || isTool) &&
      onDrawingKey(event, model, layer, chart.state.drawings)
    ) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  area.addEventListener('keydown', onKeyDown, true);
  const ended = new DisposableDelegate(() => {
    area.removeEventListener('keydown', onKeyDown, true);
    layer.dispose();
    model.dispose();
    root.unmount();
    node.remove();
  });
  return {
    model,
    layer,
    dispose: () => ended.dispose(),
    get isDisposed() {
      return ended.isDisposed;
    }
  };
}
