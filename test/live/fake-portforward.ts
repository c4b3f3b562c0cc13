import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { acceptUpgrade, frame, readFrame } from './fake-exec.ts';

/** A request that somebody sends to a port of a pod. */
export interface Forwarded {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  readonly path: string;
}

/** The bytes that the pod answers with; `refused`: nothing listens there, `stall`: it begins and does not go on, `cut`: it ends before its end. */
export type FakePortForward = (forwarded: Forwarded) => string | 'refused' | 'stall' | 'cut';

const [DATA, ERROR] = [0, 1];

/** Answers `pods/portforward` as an API server does (v4.channel.k8s.io): a data and an error channel, each begun with the port's number. */
export function answerPortForward(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  serve: FakePortForward,
): void {
  const url = new URL(request.url ?? '/', 'http://fake');
  const [, namespace = '', pod = ''] = /\/namespaces\/([^/]+)\/pods\/([^/]+)\/portforward$/.exec(url.pathname) ?? [];
  const port = Number(url.searchParams.get('ports'));
  acceptUpgrade(request, socket, 'v4.channel.k8s.io');
  const number = Buffer.alloc(2);
  number.writeUInt16LE(port);
  for (const channel of [DATA, ERROR]) socket.write(frame(channel, number));
  const answer = (path: string): void => {
    const bytes = serve({ namespace, pod, port, path });
    if (bytes === 'refused') {
      socket.write(frame(ERROR, Buffer.from(`an error occurred forwarding ${port}: connection refused`)));
      return;
    }
    const text =
      bytes === 'stall' || bytes === 'cut' ? 'HTTP/1.1 200 OK\r\ncontent-length: 90000\r\n\r\n{"configs": [' : bytes;
    const all = Buffer.from(text);
    // In parts that end anywhere, as they come from a pod.
    for (let start = 0; start < all.length; start += 30_000)
      socket.write(frame(DATA, all.subarray(start, start + 30_000)));
    if (bytes !== 'stall') socket.end();
  };
  socket.on('error', () => undefined);
  let pending = head;
  let sent = '';
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let read = readFrame(pending); read; read = readFrame(pending)) {
      pending = pending.subarray(read.size);
      if (read.payload[0] !== DATA) continue;
      sent += read.payload.subarray(1).toString();
      const path = /^GET (\S+) HTTP\/1\.1\r\n[\s\S]*\r\n\r\n$/.exec(sent)?.[1];
      if (path !== undefined) answer(path);
    }
  });
}

/** With a length, as istiod and ztunnel answer, or in chunks, as Envoy does. */
export function httpAnswer(body: string, { status = '200 OK', chunked = false } = {}): string {
  if (!chunked) return `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const bytes = Buffer.from(body);
  const [first, second] = [bytes.subarray(0, 1000), bytes.subarray(1000)];
  const chunks = [first, second].filter(({ length }) => length > 0);
  const text = chunks.map((each) => `${each.length.toString(16)}\r\n${each.toString('latin1')}\r\n`).join('');
  return `HTTP/1.1 ${status}\r\ntransfer-encoding: chunked\r\n\r\n${Buffer.from(text, 'latin1')}0\r\n\r\n`;
}
