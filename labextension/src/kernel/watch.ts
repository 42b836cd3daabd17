/**
 * Which kernels this page talks to, for which document, and whether the person ran something in them.
 */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';

import type { IQuantLabDocument } from '../tokens';

/** What counts of a document: whose it is and whether the person ran it. */
export type DocumentInFront = Pick<IQuantLabDocument, 'item' | 'trust'>;

/** Follows session contexts from kernel to kernel. */
export class KernelWatch {
  /** @param _documents - the QuantLab documents open at a path of the drive */
  constructor(
    private readonly _documents: (local: string) => readonly DocumentInFront[]
  ) {}

  /** Calls `register` for the kernel that a context has, and for each one it gets. */
  follow(
    context: ISessionContext,
    register: (kernel: Kernel.IKernelConnection) => void
  ): void {
    if (this._followed.has(context)) {
      return;
    }
    this._followed.add(context);
    const take = (kernel: Kernel.IKernelConnection | null | undefined) => {
      if (!kernel || this._taken.has(kernel)) {
        return;
      }
      this._taken.add(kernel);
      this._contexts.set(kernel, context);
      kernel.anyMessage.connect((_, { direction, msg }) => {
        if (
          direction === 'send' &&
          msg.header.msg_type === 'execute_request' &&
          !(msg.content as { silent?: boolean }).silent
        ) {
          this._ran.add(kernel.id);
        }
      });
      register(kernel);
    };
    take(context.session?.kernel);
    context.kernelChanged.connect((_, { newValue }) => take(newValue));
  }

  /**
   * Whether a kernel may act as the person: always for their own documents; for what others wrote, once the
   * person ran something in it, now or earlier.
   */
  mayActForPerson(kernel: Kernel.IKernelConnection): boolean {
    if (this._ran.has(kernel.id)) {
      return true;
    }
    const path = this._contexts.get(kernel)?.path ?? '';
    const local = path.startsWith('QuantLab:')
      ? path.slice('QuantLab:'.length)
      : null;
    if (local === null) {
      return true;
    }
    return this._documents(local).every(
      ({ item, trust }) => item.access === 'owner' || trust?.auto_run === true
    );
  }

  private readonly _followed = new WeakSet<ISessionContext>();
  private readonly _taken = new WeakSet<Kernel.IKernelConnection>();
  private readonly _contexts = new WeakMap<
    Kernel.IKernelConnection,
    ISessionContext
  >();
  private readonly _ran = new Set<string>();
}
