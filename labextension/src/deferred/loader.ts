/**
 * Loads prebuilt extensions after JupyterLab has started, the way JupyterLab loads them before.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';

/** An entry of JupyterLab's page option `federated_extensions`. */
export interface IFederatedExtension {
  name: string;
  /** Script that defines the container, relative to the extension's folder. */
  load: string;
  /** Module of the container that holds the plugins. */
  extension?: string;
}

/** A module federation container, as a prebuilt extension's script leaves it on the page. */
export interface IContainer {
  init(scope: unknown): Promise<void> | void;
  get(module: string): Promise<() => unknown>;
}

type Plugin = JupyterFrontEndPlugin<unknown>;

/** What is used of the application. */
export type IPlugins = Pick<
  JupyterFrontEnd,
  'activatePlugin' | 'hasPlugin' | 'registerPlugins'
>;

/** What the server kept back; see `http/page_config.py`. */
export function deferredExtensions(): IFederatedExtension[] {
  const option = PageConfig.getOption('quantlabDeferredExtensions');
  return option ? (JSON.parse(option) as IFederatedExtension[]) : [];
}

/**
 * Fetch the extensions, register their plugins and start those that start by themselves.
 *
 * One that fails is reported on the console and does not keep the others from loading, as at JupyterLab's start.
 */
export async function loadExtensions(
  app: IPlugins,
  extensions: IFederatedExtension[],
  open: (extension: IFederatedExtension) => Promise<IContainer> = openContainer
): Promise<void> {
  // All scripts before the first module: one extension may share a package that another one needs.
  const containers = fulfilled(await Promise.allSettled(extensions.map(open)));
  const plugins = fulfilled(
    await Promise.allSettled(
      containers.map((container, index) =>
        container
          ? pluginsOf(extensions[index], container)
          : Promise.resolve([])
      )
    )
  ).flatMap(found => found ?? []);
  const wanted = plugins.filter(
    plugin =>
      !PageConfig.Extension.isDisabled(plugin.id) && !app.hasPlugin(plugin.id)
  );
  // All first: a plugin may need a token that one of the others provides.
  app.registerPlugins(wanted);
  for (const plugin of wanted) {
    if (plugin.autoStart === true) {
      await app.activatePlugin(plugin.id).catch(console.error);
    }
  }
}

/** The values, null for what failed, which is reported. */
function fulfilled<T>(results: PromiseSettledResult<T>[]): (T | null)[] {
  return results.map(result => {
    if (result.status === 'fulfilled') {
      return result.value;
    }
    console.error(result.reason);
    return null;
  });
}

async function pluginsOf(
  extension: IFederatedExtension,
  container: IContainer
): Promise<Plugin[]> {
  if (!extension.extension) {
    return [];
  }
  const factory = await container.get(extension.extension);
  const module = factory() as { default?: Plugin | Plugin[] } & (
    Plugin | Plugin[]
  );
  const exported = module.default ?? module;
  return Array.isArray(exported) ? exported : [exported];
}

declare const __webpack_init_sharing__: (scope: string) => Promise<void>;
declare const __webpack_share_scopes__: { default: unknown };

/** Containers of prebuilt extensions by name, as each one's script leaves them on the page. */
interface IPage {
  _JUPYTERLAB?: Record<string, IContainer>;
}

async function openContainer(
  extension: IFederatedExtension
): Promise<IContainer> {
  const base = PageConfig.getOption('fullLabextensionsUrl');
  await runScript(URLExt.join(base, extension.name, extension.load));
  await __webpack_init_sharing__('default');
  const container = (window as IPage)._JUPYTERLAB?.[extension.name];
  if (!container) {
    throw new Error(`${extension.name} did not load`);
  }
  await container.init(__webpack_share_scopes__.default);
  return container;
}

function runScript(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`failed to load ${url}`));
    script.async = true;
    script.src = url;
    document.head.appendChild(script);
  });
}
