import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** What one exchange may take. */
export interface ExchangeLimits {
  /** Without a byte for so long, the exchange has failed. */
  readonly idleMs: number;
  /** The whole exchange, however busy. */
  readonly totalMs: number;
  /** Of the body, unpacked. */
  readonly bodyBytes: number;
}

export interface Exchange {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: http.Agent | undefined;
  readonly body?: string;
  /** An open connection that it goes over, of its own. */
  readonly connection?: Duplex;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** The connection failed, stalled, was cut, or brought more than it may. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
}

/** One request and the whole of its answer. Throws an ExchangeError; never hangs and never reads on beyond the limits. */
export function exchange(
  { url, method, headers, agent, body, connection }: Exchange,
  limits: ExchangeLimits,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? https.request : http.request;
    const request = send(url, {
      method,
      agent,
      ...(connection ? { createConnection: () => connection } : {}),
      headers: {
        'accept-encoding': 'gzip',
        ...headers,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
    });
    let isSettled = false;
    const settle = (finish: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(total);
      clearTimeout(idle);
      finish();
    };
    const fail = (message: string): void =>
      settle(() => {
        request.destroy();
        reject(new ExchangeError(message));
      });
    const total = setTimeout(() => fail(`no complete answer within ${seconds(limits.totalMs)}`), limits.totalMs);
    const stalled = (): void => fail(`no answer for ${seconds(limits.idleMs)}`);
    let idle = setTimeout(stalled, limits.idleMs);
    const alive = (): void => {
      clearTimeout(idle);
      idle = setTimeout(stalled, limits.idleMs);
    };
    request.on('error', (error: NodeJS.ErrnoException) => fail(describe(error)));
    request.on('response', (response) => {
      alive();
      const chunks: Buffer[] = [];
      let bytes = 0;
      const stream = response.headers['content-encoding'] === 'gzip' ? response.pipe(createGunzip()) : response;
      response.on('data', alive);
      response.on('aborted', () => fail('the answer was cut off'));
      response.on('error', (error: NodeJS.ErrnoException) => fail(describe(error)));
      stream.on('error', () => fail('the answer was cut off or is no gzip'));
      stream.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > limits.bodyBytes) fail(`the answer is larger than ${Math.round(limits.bodyBytes / 2 ** 20)} MiB`);
        else if (!isSettled) chunks.push(chunk);
      });
      stream.on('end', () => {
        if (!response.complete) return fail('the answer was cut off');
        return settle(() =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      });
    });
    request.end(body);
  });
}

const seconds = (milliseconds: number): string => `${milliseconds / 1000} s`;

/** Codes say enough; messages of the TLS layer may be long, and name the host. */
function describe(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'the connection was refused';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'the name of the API server cannot be resolved';
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return 'the connection was cut off';
  return error.code ?? error.message;
}
