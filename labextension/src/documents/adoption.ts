/**
 * A document takes another one's place, its kernel included.
 */
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { IDocumentWidget } from '@jupyterlab/docregistry';

export interface IHandOver {
  widget: IDocumentWidget;
  docManager: IDocumentManager;
  /** Of the new document, with the drive's name. */
  path: string;
  /** The new document is read only once this promise is resolved. */
  gate: (promise: Promise<void>) => void;
}

/**
 * Shows `path` where `widget` was. The session moves with its kernel: sessions belong to a path, so the old
 * document has to let go before the new one looks for its own.
 */
export async function handOver(options: IHandOver): Promise<IDocumentWidget> {
  const { widget, docManager, path } = options;
  const sessions = docManager.services.sessions;
  const model = widget.context.sessionContext.session?.model ?? null;
  let open: () => void = () => undefined;
  options.gate(
    new Promise<void>(resolve => {
      open = resolve;
    })
  );
  try {
    const created = docManager.openOrReveal(path, 'default', undefined, {
      ref: widget.id,
      mode: 'tab-after'
    });
    if (!created) {
      throw new Error(`There is no editor for ${path}.`);
    }
    widget.context.model.dirty = false;
    widget.dispose();
    if (model) {
      const session = sessions.connectTo({ model });
      await session.setPath(path);
      await session.setName(path.split('/').pop() ?? path);
      session.dispose();
      await sessions.refreshRunning();
    }
    open();
    await created.context.ready;
    return created;
  } finally {
    open();
  }
}
