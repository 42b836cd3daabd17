/**
 * Hands a kernel a short-lived token of the person in front of this page; see docs/developers/kernel-identity.md.
 */
import type { Kernel } from '@jupyterlab/services';
import { KernelMessage } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';

import type { QuantLabClient } from '../api/client';
import { NotSignedInError } from '../api/errors';
import type { IQuantLabSession } from '../tokens';

/** What a kernel says when it opens the comm or asks again. */
interface IKernelRequest {
  kind?: string;
  reply_on?: string;
}

export interface IIdentityOptions {
  client: QuantLabClient;
  session: IQuantLabSession;
  /** Whether this kernel may act as the person; see {@link KernelIdentity}. */
  isAllowed: (kernel: Kernel.IKernelConnection) => boolean;
}

/**
 * The page's side of the comm `quantlab.identity`.
 *
 * A kernel of a document that someone else wrote gets nothing before the person ran something in it.
 */
export class KernelIdentity {
  constructor(private readonly _options: IIdentityOptions) {
    _options.session.userChanged.connect(() => {
      for (const line of this._lines) {
        void this._answer(line);
      }
    });
  }

  /** A kernel opened the comm. */
  opened(
    kernel: Kernel.IKernelConnection,
    comm: Kernel.IComm,
    message: KernelMessage.ICommOpenMsg
  ): void {
    const line: ILine = { kernel, comm, isOnControl: false };
    this._lines.add(line);
    comm.onClose = () => {
      this._lines.delete(line);
    };
    comm.onMsg = asked => this._asked(line, asked.content.data);
    // Not awaited: the page goes on reading the kernel's messages meanwhile.
    void this._asked(line, message.content.data);
  }

  private async _asked(line: ILine, request: IKernelRequest): Promise<void> {
    if (request.kind !== 'request') {
      return;
    }
    line.isOnControl = request.reply_on === 'control';
    await this._answer(line);
  }

  private async _answer(line: ILine): Promise<void> {
    const { session } = this._options;
    await session.ready();
    if (line.comm.isDisposed || line.kernel.isDisposed) {
      this._lines.delete(line);
      return;
    }
    const user = session.user;
    const data = await this._token(line);
    // Another person may have signed in while the token was on its way: theirs is sent by that change.
    if (session.user?.id === user?.id && !line.kernel.isDisposed) {
      this._send(line, data);
    }
  }

  private async _token(line: ILine): Promise<JSONObject> {
    const { client, session, isAllowed } = this._options;
    if (session.state === 'signed-out') {
      return signedOut();
    }
    if (!isAllowed(line.kernel)) {
      return {
        error: 'unavailable',
        message:
          'This document is someone else’s. Run one of its cells first, so that it acts for you.'
      };
    }
    try {
      const { token, expires_in } = await client.kernelToken(line.kernel.id);
      return { url: client.connection.apiUrl, token, expires_in };
    } catch (error) {
      if (error instanceof NotSignedInError) {
        return signedOut();
      }
      return {
        error: 'unavailable',
        message: error instanceof Error ? error.message : String(error)
      };
    }
  }

  private _send(line: ILine, data: JSONObject): void {
    const { kernel, comm } = line;
    if (!line.isOnControl) {
      comm.send(data);
      return;
    }
    const message = KernelMessage.createMessage<
      KernelMessage.ICommMsgMsg<'shell'>
    >({
      msgType: 'comm_msg',
      channel: 'shell',
      session: kernel.clientId,
      username: kernel.username,
      content: { comm_id: comm.commId, data }
    });
    // The types list the control messages that Jupyter defines; kernels take this one there as well.
    const control = {
      ...message,
      channel: 'control'
    } as unknown as KernelMessage.IControlMessage;
    kernel.sendControlMessage(control, false, true);
  }

  private readonly _lines = new Set<ILine>();
}

/** One kernel's open comm. */
interface ILine {
  readonly kernel: Kernel.IKernelConnection;
  readonly comm: Kernel.IComm;
  /** The kernel reads answers while a cell runs. */
  isOnControl: boolean;
}

function signedOut(): JSONObject {
  return {
    error: 'signed_out',
    message: 'Nobody is signed in to QuantLab in this page.'
  };
}
