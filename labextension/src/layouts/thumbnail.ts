/**
 * The small picture of a layout: drawn from its charts after a save and sent beside it. It never delays or fails one.
 */
import type { LayoutsClient } from '../api/client';
import type { ChartModel } from '../charts/model';
import type { LayoutWidget } from './widget';

/** Pixels. The smaller ones are for pictures that do not fit into what the service takes. */
const SIZES = [
  [480, 300],
  [320, 200]
] as const;

/** Bytes that the service takes. */
const MOST = 64 * 1024;

/** After each save send a picture of the version, for as long as the layout is open. */
export function keepThumbnails(
  layout: LayoutWidget,
  client: LayoutsClient
): void {
  const { model } = layout;
  let last = model.item?.version ?? 0;
  let lastId = model.item?.id;
  model.changed.connect(() => {
    const { item } = model;
    if (!item || (item.version === last && item.id === lastId)) {
      return;
    }
    last = item.version;
    lastId = item.id;
    if (item.access !== 'view' && !model.isDirty) {
      void send(layout, client, item.id, item.version);
    }
  });
}

async function send(
  layout: LayoutWidget,
  client: LayoutsClient,
  id: string,
  version: number
): Promise<void> {
  try {
    const charts = [...layout.charts.values()];
    await Promise.all(charts.map(chart => settled(chart.model)));
    await nextFrame();
    const { isDirty, item } = layout.model;
    // What is on the screen by now may be another one, or nothing.
    const isIt = item?.id === id && item.version === version && !isDirty;
    const picture = isIt && layout.isVisible ? await pictureOf(layout) : null;
    if (picture) {
      await client.putThumbnail(id, picture, version);
    }
  } catch (error) {
    // The save stands; lists go on showing the picture before, or words.
    console.debug('QuantLab: the layout has no new thumbnail.', error);
  }
}

/** Resolves once the chart shows what it is going to. */
function settled(model: ChartModel): Promise<void> {
  return new Promise(resolve => {
    const look = (): void => {
      if (model.status !== 'loading') {
        model.changed.disconnect(look);
        resolve();
      }
    };
    model.changed.connect(look);
    look();
  });
}

function nextFrame(): Promise<void> {
  return new Promise(resolve => {
    requestAnimationFrame(() => resolve());
  });
}

async function pictureOf(layout: LayoutWidget): Promise<Blob | null> {
  for (const [width, height] of SIZES) {
    const canvas = compose(layout, width, height);
    const picture = await new Promise<Blob | null>(resolve => {
      if (canvas) {
        canvas.toBlob(resolve, 'image/png');
      } else {
        resolve(null);
      }
    });
    if (picture && picture.size <= MOST) {
      return picture;
    }
  }
  return null;
}

/** The charts where they stand in the grid, on the theme's ground. */
function compose(
  layout: LayoutWidget,
  width: number,
  height: number
): HTMLCanvasElement | null {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  const drawn = [...layout.charts.values()].flatMap(chart => {
    const { surface, node } = chart;
    const box = node.getBoundingClientRect();
    return surface && box.width > 0 && box.height > 0
      ? [{ picture: surface.picture(), box }]
      : [];
  });
  if (!context || drawn.length === 0) {
    return null;
  }
  const left = Math.min(...drawn.map(({ box }) => box.left));
  const top = Math.min(...drawn.map(({ box }) => box.top));
  const right = Math.max(...drawn.map(({ box }) => box.right));
  const bottom = Math.max(...drawn.map(({ box }) => box.bottom));
  const across = width / (right - left);
  const down = height / (bottom - top);
  const style = getComputedStyle(layout.node);
  context.fillStyle = style.getPropertyValue('--jp-border-color2') || '#888';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  for (const { picture, box } of drawn) {
    const x = (box.left - left) * across;
    const y = (box.top - top) * down;
    const w = box.width * across - 1;
    const h = box.height * down - 1;
    context.fillStyle = style.getPropertyValue('--jp-layout-color1') || '#fff';
    context.fillRect(x, y, w, h);
    // As large as the cell takes it without squeezing: of a long chart the newest bars, at the right, are kept.
    const scale = Math.max(w / picture.width, h / picture.height);
    const cut = { width: w / scale, height: h / scale };
    context.drawImage(
      picture,
      picture.width - cut.width,
      (picture.height - cut.height) / 2,
      cut.width,
      cut.height,
      x,
      y,
      w,
      h
    );
  }
  return canvas;
}
