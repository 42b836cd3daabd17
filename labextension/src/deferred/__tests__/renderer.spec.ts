import { MimeModel, RenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime';
import { PromiseDelegate } from '@lumino/coreutils';
import { Panel, Widget } from '@lumino/widgets';
import { describe, expect, it } from 'vitest';

import { WIDGET_MIME_TYPE, WidgetPlaceholder } from '../renderer';

class Real extends Widget implements IRenderMime.IRenderer {
  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.node.textContent = JSON.stringify(model.data[WIDGET_MIME_TYPE]);
    return Promise.resolve();
  }
}

const model = new MimeModel({
  data: { [WIDGET_MIME_TYPE]: { model_id: 'abc' } }
});

function setup() {
  const ready = new PromiseDelegate<void>();
  const registry = new RenderMimeRegistry();
  const own = new RenderMimeRegistry();
  for (const one of [registry, own]) {
    one.addFactory({
      safe: false,
      mimeTypes: [WIDGET_MIME_TYPE],
      createRenderer: () =>
        new WidgetPlaceholder({
          ready: ready.promise,
          registry,
          registryOf: () => own,
          waiting: 'Loading…'
        })
    });
  }
  const output = new Panel();
  const placeholder = own.createRenderer(WIDGET_MIME_TYPE);
  placeholder.addClass('jp-OutputArea-output');
  output.addWidget(new Widget());
  output.addWidget(placeholder);
  const arrive = (target: RenderMimeRegistry): void =>
    target.addFactory({
      safe: false,
      mimeTypes: [WIDGET_MIME_TYPE],
      createRenderer: () => new Real()
    });
  return { ready, registry, own, output, placeholder, arrive };
}

async function settled(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 50 && !condition(); turn++) {
    await Promise.resolve();
  }
}

describe('the placeholder of a widget', () => {
  it.each(['own', 'registry'] as const)(
    'gives its place to the renderer of the manager (%s registry)',
    async which => {
      const { ready, output, placeholder, arrive, ...registries } = setup();
      await placeholder.renderModel(model);
      expect(placeholder.node.textContent).toBe('Loading…');
      arrive(registries[which]);
      ready.resolve();
      await settled(() => output.widgets[1] instanceof Real);
      expect(output.widgets).toHaveLength(2);
      const real = output.widgets[1];
      expect(real).toBeInstanceOf(Real);
      await settled(() => real.node.textContent !== '');
      expect(real.node.textContent).toContain('abc');
      expect(real.hasClass('jp-OutputArea-output')).toBe(true);
      expect(placeholder.isDisposed).toBe(true);
    }
  );

  it('does nothing once its output is gone', async () => {
    const { ready, registry, output, placeholder, arrive } = setup();
    await placeholder.renderModel(model);
    output.dispose();
    arrive(registry);
    ready.resolve();
    await Promise.resolve();
    expect(placeholder.isDisposed).toBe(true);
  });
});
