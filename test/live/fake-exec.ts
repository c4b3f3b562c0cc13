import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A command that somebody runs in a pod. */
export interface Executed {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  /** Until its end, or the first bytes where it stays open. */
  readonly stdin: string;
}

export type FakeExec = (executed: Executed) => {
  readonly output: string;
  readonly exit: number;
  readonly message?: string;
};

const PROTOCOL = 'v5.channel.k8s.io';
const [STDIN, STDOUT, STATUS, CLOSE] = [0, 1, 3, 255];

/** Answers `pods/exec` as an API server does: channels in the frames of a WebSocket (RFC 6455). */
export function answerExec(request: IncomingMessage, socket: Duplex, head: Buffer, exec: FakeExec): void {
  const url = new URL(request.url ?? '/', 'http://fake');
  const [, namespace = '', pod = ''] = /\/namespaces\/([^/]+)\/pods\/([^/]+)\/exec$/.exec(url.pathname) ?? [];
  acceptUpgrade(request, socket, PROTOCOL);
  const command = url.searchParams.getAll('command');
  const run = (stdin: string): void => {
    const container = url.searchParams.get('container') ?? '';
    const { output, exit, message } = exec({ namespace, pod, container, command, stdin });
    if (output !== '') socket.write(frame(STDOUT, Buffer.from(output)));
    const causes = [{ reason: 'ExitCode', message: String(exit) }];
    const failure = { status: 'Failure', message, ...(message === undefined ? { details: { causes } } : {}) };
    socket.write(frame(STATUS, Buffer.from(JSON.stringify(exit === 0 ? { status: 'Success' } : failure))));
  };
  socket.on('error', () => undefined);
  let stdin = '';
  let pending = head;
  if (url.searchParams.get('stdin') !== 'true') run('');
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let read = readFrame(pending); read; read = readFrame(pending)) {
      pending = pending.subarray(read.size);
      const [channel, ...rest] = read.payload;
      if (channel === undefined) socket.end();
      if (channel === STDIN) stdin += Buffer.from(rest).toString();
      // telnet's input stays open: it answers to the first bytes.
      if (channel === CLOSE || (channel === STDIN && !command.includes('-K'))) run(stdin);
    }
  });
}

/** Opens the WebSocket. */
export function acceptUpgrade(request: IncomingMessage, socket: Duplex, protocol: string): void {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\nsec-websocket-protocol: ${protocol}\r\n\r\n`,
  );
}

export function frame(channel: number, bytes: Buffer): Buffer {
  const payload = Buffer.concat([Buffer.from([channel]), bytes]);
  const size = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x82, ...size]), payload]);
}

/** Clients mask what they send. */
export function readFrame(bytes: Buffer): { readonly payload: Buffer; readonly size: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] ?? 0) & 127;
  const start = short === 126 ? 4 : 2;
  if (bytes.length < start) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  const size = start + 4 + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(start, start + 4);
  const payload = Buffer.from(bytes.subarray(start + 4, size).map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return { payload: (bytes[0] ?? 0) % 16 === 8 ? Buffer.alloc(0) : payload, size };
}
