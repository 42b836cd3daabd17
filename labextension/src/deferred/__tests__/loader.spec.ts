import { PageConfig } from '@jupyterlab/coreutils';
import { PluginRegistry, Token } from '@lumino/coreutils';
import type { IPlugin } from '@lumino/coreutils';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { deferredExtensions, loadExtensions } from '../loader';
import type { IContainer, IFederatedExtension, IPlugins } from '../loader';

const IThing = new Token<string>('test:IThing');

function registry(): IPlugins {
  const plugins = new PluginRegistry<unknown>();
  plugins.application = {};
  return plugins;
}

function container(module: unknown): IContainer {
  return { init: () => undefined, get: () => Promise.resolve(() => module) };
}

function opener(modules: Record<string, unknown>) {
  return ({ name }: IFederatedExtension): Promise<IContainer> =>
    name in modules
      ? Promise.resolve(container(modules[name]))
      : Promise.reject(new Error(`failed to load ${name}`));
}

const listed = (...names: string[]): IFederatedExtension[] =>
  names.map(name => ({ name, load: 'entry.js', extension: './extension' }));

describe('deferred extensions', () => {
  afterEach(() => {
    PageConfig.Extension.disabled.length = 0;
    vi.restoreAllMocks();
  });

  it('are those that the server lists, none without a list', () => {
    expect(deferredExtensions()).toEqual([]);
    PageConfig.setOption(
      'quantlabDeferredExtensions',
      JSON.stringify(listed('one'))
    );
    expect(deferredExtensions()).toEqual(listed('one'));
    PageConfig.setOption('quantlabDeferredExtensions', '');
  });

  it('start with the tokens that others of them provide', async () => {
    const app = registry();
    const got: string[] = [];
    const consumer: IPlugin<unknown, void> = {
      id: 'consumer:plugin',
      autoStart: true,
      requires: [IThing],
      activate: (_: unknown, thing: string) => void got.push(thing)
    };
    const provider: IPlugin<unknown, string> = {
      id: 'provider:plugin',
      autoStart: true,
      provides: IThing,
      activate: () => 'thing'
    };
    await loadExtensions(
      app,
      listed('consumer', 'provider'),
      opener({
        consumer: { default: consumer },
        provider: { default: [provider] }
      })
    );
    expect(got).toEqual(['thing']);
  });

  it('are all there before a module of one is asked for', async () => {
    const app = registry();
    const order: string[] = [];
    await loadExtensions(app, listed('quick', 'slow'), async ({ name }) => {
      if (name === 'slow') {
        await new Promise(resolve => setTimeout(resolve));
      }
      order.push(`open ${name}`);
      return {
        init: () => undefined,
        get: () => {
          order.push(`get ${name}`);
          return Promise.resolve(() => ({ id: `${name}:plugin` }));
        }
      };
    });
    expect(order).toEqual(['open quick', 'open slow', 'get quick', 'get slow']);
  });

  it('load although another of them fails', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const app = registry();
    const plugin = { id: 'good:plugin', autoStart: true, activate: vi.fn() };
    await loadExtensions(
      app,
      listed('missing', 'good'),
      opener({ good: plugin })
    );
    expect(plugin.activate).toHaveBeenCalledOnce();
    expect(String(said.mock.calls[0][0])).toContain('missing');
  });

  it('stay off when they are disabled, and wait when they do not start by themselves', async () => {
    PageConfig.Extension.disabled.push('off:plugin');
    const app = registry();
    const off = { id: 'off:plugin', autoStart: true, activate: vi.fn() };
    const manual = { id: 'manual:plugin', activate: vi.fn() };
    await loadExtensions(
      app,
      listed('both'),
      opener({ both: { default: [off, manual] } })
    );
    expect(app.hasPlugin('off:plugin')).toBe(false);
    expect(app.hasPlugin('manual:plugin')).toBe(true);
    expect(manual.activate).not.toHaveBeenCalled();
  });
});
