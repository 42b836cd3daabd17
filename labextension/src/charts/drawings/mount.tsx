/**
 * Puts drawings on a chart: model, layer, tools, the bar beside a selection, the list, and keys.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import * as React from 'react';
import type { Root } from 'react-dom/client';
import { createRoot } from 'react-dom/client';

import type { ChartModel } from '../model';
import type { ChartSurface } from '../surface';
import { beside } from './geometry';
import { onDrawingKey } from './keys';
import { DrawingLayer } from './layer';
import { DrawingList } from './list';
import { DrawingsModel } from './model';
import { DrawingStyle } from './styles';
import { askText } from './text';
import { DrawingTools } from './toolbar';

import '../../../style/drawings.css';

/** Drawings on a page. */
export interface IMountedDrawings extends IDisposable {
  readonly model: DrawingsModel;
  readonly layer: DrawingLayer;
  /** Show the tools: once, after what is more urgent. */
  show(): void;
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
  const { canvas, surface, chart, trans, locale } = options;
  const model = new DrawingsModel(chart);
  const layer = new DrawingLayer({
    canvas,
    surface,
    chart,
    drawings: model,
    locale,
    askText: async (text, isOptional) => {
      const words = await askText(text, trans, isOptional);
      canvas.focus();
      return words;
    }
  });
  const style = mountStyle(options, model, layer);
  const tools = mountTools(options, model);
  const keys = mountKeys(options, model, layer, style.node, tools.node);
  const ended = new DisposableDelegate(() => {
    keys.dispose();
    layer.dispose();
    model.dispose();
    style.dispose();
    tools.dispose();
  });
  return {
    model,
    layer,
    show: () => {
      style.show();
      tools.show();
    },
    dispose: () => ended.dispose(),
    get isDisposed() {
      return ended.isDisposed;
    }
  };
}

type Mounted = IDisposable & { node: HTMLElement; show: () => void };

function mounted(
  node: HTMLElement,
  render: (root: Root) => void,
  end: () => void = () => undefined
): Mounted {
  let root: Root | null = null;
  const ended = new DisposableDelegate(() => {
    end();
    root?.unmount();
    node.remove();
  });
  const show = (): void => {
    if (!ended.isDisposed && !root) {
      root = createRoot(node);
      render(root);
    }
  };
  return Object.assign(ended, { node, show });
}

function mountTools(options: IMountOptions, model: DrawingsModel): Mounted {
  const { area, canvas, chart, trans, locale } = options;
  const node = document.createElement('div');
  node.className = 'jp-QuantLab-Draw';
  area.append(node);
  area.classList.add('jp-mod-tools');
  let hasList = false;
  const render = (root: Root): void => {
    const toggleList = (): void => {
      hasList = !hasList;
      render(root);
      if (!hasList) {
        canvas.focus();
      }
    };
    root.render(
      <>
        <DrawingTools
          drawings={model}
          trans={trans}
          hasList={hasList}
          onList={toggleList}
          onTake={tool => {
            model.take(tool);
            canvas.focus();
          }}
        />
        {hasList ? (
          <DrawingList
            chart={chart}
            drawings={model}
            trans={trans}
            locale={locale}
            onClose={toggleList}
          />
        ) : null}
      </>
    );
  };
  return mounted(node, render);
}

/** The bar stands beside the selected drawing, and comes before the tools in the order of the keyboard. */
function mountStyle(
  options: IMountOptions,
  model: DrawingsModel,
  layer: DrawingLayer
): Mounted {
  const { canvas, trans } = options;
  const node = document.createElement('div');
  node.className = 'jp-QuantLab-DrawStyle jp-mod-hidden';
  canvas.after(node);
  let next = 0;
  const place = (): void => {
    const box = model.selected && layer.boxOf(model.selected.id);
    node.classList.toggle('jp-mod-hidden', !box);
    if (box) {
      const { offsetLeft, offsetTop, clientWidth, clientHeight } = canvas;
      const at = beside(
        box,
        { width: node.offsetWidth, height: node.offsetHeight },
        { width: clientWidth, height: clientHeight }
      );
      node.style.left = `${offsetLeft + at.x}px`;
      node.style.top = `${offsetTop + at.y}px`;
    }
  };
  const placeSoon = (): void => {
    cancelAnimationFrame(next);
    // The chart draws often; a frame more each time is asked for only where something moves.
    if (model.selected || !node.classList.contains('jp-mod-hidden')) {
      next = requestAnimationFrame(place);
    }
  };
  layer.onDrawn = placeSoon;
  const render = (root: Root): void =>
    root.render(
      <DrawingStyle
        drawings={model}
        trans={trans}
        colourOf={drawing => layer.colourOf(drawing)}
        onRewrite={drawing => void layer.rewrite(drawing)}
        onDuplicate={() => layer.duplicate()}
        onLeave={() => canvas.focus()}
        onRender={placeSoon}
      />
    );
  return mounted(node, render, () => cancelAnimationFrame(next));
}

function mountKeys(
  options: IMountOptions,
  model: DrawingsModel,
  layer: DrawingLayer,
  style: HTMLElement,
  tools: HTMLElement
): IDisposable {
  const { area, canvas } = options;
  const toStyle = (): boolean => {
    const first = style.querySelector<HTMLElement>(
      ':is(input, select, button):not(:disabled)'
    );
    first?.focus();
    return first !== null;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    const isMine =
      canvas.contains(target) ||
      // Fields and lists keep their keys, and Enter on a button presses it.
      (tools.querySelector('[role=toolbar]')?.contains(target) === true &&
        event.key !== 'Enter');
    const isStyle = style.contains(target);
    const isField = target.matches('input[type=text]');
    const isUndo = (event.ctrlKey || event.metaKey) && isStyle && !isField;
    if (isStyle && event.key === 'Escape') {
      canvas.focus();
    } else if (!isMine && !isUndo) {
      return;
    } else if (!onDrawingKey(event, model, layer, toStyle)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  area.addEventListener('keydown', onKeyDown, true);
  return new DisposableDelegate(() =>
    area.removeEventListener('keydown', onKeyDown, true)
  );
}
