import { Duplex, PassThrough, Writable } from 'node:stream';
import { PortForward } from '@kubernetes/client-node/dist/portforward.js';
import { isObject } from '../../model/shape.ts';
import { loadKubeConfig } from './connect.ts';
import { type Answer, exchange, ExchangeError, type ExchangeLimits } from './exchange.ts';

/** A document that something in a pod serves, on its loopback address too. */
export interface PodDocument {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  readonly path: string;
}

export type GetFromPod = (document: PodDocument) => Promise<Answer>;

/** The API server did not open the way into a pod; `status` is its answer. */
export class ForwardError extends Error {
  override readonly name = 'ForwardError';
  readonly status: number;

  constructor(status: number) {
    super(status === 404 ? 'the pod is gone' : `HTTP ${status}`);
    this.status = status;
  }
}

const HANDSHAKE_MS = 30_000;

const FORWARD_LIMITS: ExchangeLimits = { idleMs: 30_000, totalMs: 180_000, bodyBytes: 256 * 2 ** 20 };

/** Reads documents out of pods of a context, as `kubectl port-forward` does. Each has a connection of its own. Throws a ForwardError or an ExchangeError. */
export function forwardTo(context: string, limits: ExchangeLimits = FORWARD_LIMITS): GetFromPod {
  const config = loadKubeConfig(context);
  const apply = config.applyToHTTPSOptions.bind(config);
  // These options become those of the WebSocket, which would wait for ever for an answer.
  config.applyToHTTPSOptions = async (options) => {
    await apply(options);
    Object.assign(options, { handshakeTimeout: Math.min(HANDSHAKE_MS, limits.totalMs) });
  };
  const forward = new PortForward(config);
  return (document) => getOne(forward, document, limits);
}

async function getOne(
  forward: PortForward,
  { namespace, pod, port, path }: PodDocument,
  limits: ExchangeLimits,
): Promise<Answer> {
  const toPod = new PassThrough();
  const connection = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      toPod.write(chunk);
      done();
    },
  });
  const fromPod = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (chunk.length > 0 && !connection.destroyed) connection.push(chunk);
      done();
    },
  });
  // kubelet says here that nothing listens on the port, or that the pod has no network yet.
  const refused = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (chunk.length > 0) connection.destroy(new Error(`nothing answers at port ${port}`));
      done();
    },
  });
  const socket = await open(forward, { namespace, pod, port }, { fromPod, refused, toPod });
  socket.on('close', () => connection.push(null));
  socket.on('error', () => connection.destroy(new Error('the connection failed')));
  try {
    return await exchange(
      {
        url: new URL(`http://localhost:${port}${path}`),
        method: 'GET',
        headers: { connection: 'close' },
        agent: undefined,
        connection,
      },
      limits,
    );
  } finally {
    connection.destroy();
    socket.terminate();
  }
}

interface Streams {
  readonly fromPod: Writable;
  readonly refused: Writable;
  readonly toPod: PassThrough;
}

async function open(
  forward: PortForward,
  { namespace, pod, port }: Omit<PodDocument, 'path'>,
  { fromPod, refused, toPod }: Streams,
) {
  try {
    const place = [namespace, pod].map(encodeURIComponent) as [string, string];
    const socket = await forward.portForward(...place, [port], fromPod, refused, toPod);
    // It gives a function only where it is to open the connection again and again.
    if (typeof socket === 'function') throw new ExchangeError('the connection failed');
    return socket;
  } catch (error) {
    const message = isObject(error) || error instanceof Error ? String(Reflect.get(error, 'message')) : '';
    const status = Number(/Unexpected server response: (\d{3})$/.exec(message)?.[1] ?? 0);
    if (status > 0) throw new ForwardError(status);
    throw new ExchangeError(
      /timed out/.test(message) ? 'the API server opened no connection in time' : 'no connection',
    );
  }
}
