/**
 * A small http server that answers as it is told and remembers what it was asked.
 */
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';

import { ServerConnection } from '@jupyterlab/services';

import { ApiConnection } from '../request';

export interface ISeen {
  method: string;
  /** Path and query below the API. */
  path: string;
  headers: IncomingHttpHeaders;
  body: unknown;
}

export interface IReply {
  status?: number;
  json?: unknown;
  text?: string;
  headers?: Record<string, string>;
  /** The connection breaks before the answer is complete. */
  isCut?: boolean;
}

export type Handler = (request: ISeen) => IReply | Promise<IReply>;

/** Start it; `close` ends it. */
export async function startService(handler: Handler): Promise<{
  seen: ISeen[];
  connection: ApiConnection;
  close: () => Promise<void>;
}> {
  const seen: ISeen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const asked: ISeen = {
        method: request.method ?? '',
        path: (request.url ?? '')
          .replace('/quantlab/api/', '')
          // JupyterLab's own guard against caches.
          .replace(/[?&]\d{13}$/, ''),
        headers: request.headers,
        body: text === '' ? null : (JSON.parse(text) as unknown)
      };
      seen.push(asked);
      void Promise.resolve(handler(asked)).then(reply => {
        response.writeHead(reply.status ?? 200, reply.headers);
        if (reply.isCut) {
          response.write(reply.text, () => response.destroy());
          return;
        }
        response.end(
          reply.text ??
            (reply.json === undefined ? '' : JSON.stringify(reply.json))
        );
      });
    });
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return {
    seen,
    connection: connectionTo(server),
    close: () => new Promise(done => server.close(() => done()))
  };
}

function connectionTo(server: Server): ApiConnection {
  const { port } = server.address() as AddressInfo;
  return new ApiConnection({
    serverSettings: ServerConnection.makeSettings({
      baseUrl: `http://127.0.0.1:${port}/`,
      appendToken: false
    })
  });
}

/** An error answer in the service's shape. */
export function refusal(
  status: number,
  code: string,
  more: Record<string, unknown> = {}
): IReply {
  return {
    status,
    json: {
      error: { code, message: `no: ${code}`, request_id: 'r-1', ...more }
    }
  };
}
