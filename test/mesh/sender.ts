import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Processes } from '../live/keep-processes.ts';
import type { HostNetwork } from './network.ts';

/** A request as it is sent; without `http` a line over TCP. */
export interface Sending {
  readonly address: string;
  readonly port: number;
  /** A tunnel to send through, to a waypoint. */
  readonly tunnel?: { readonly address: string; readonly port: number; readonly cert: string; readonly key: string };
  /** The address to send from, of several. */
  readonly localAddress?: string;
  readonly tls?: {
    readonly servername?: string;
    readonly ALPNProtocols?: readonly string[];
    readonly cert?: string;
    readonly key?: string;
  };
  readonly http?: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
  };
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly error?: string;
}

/** Sends from a pod, each on a new connection. */
export type Send = (sending: Sending) => Promise<Answer>;

const SENDER = fileURLToPath(new URL('sender.mjs', import.meta.url));

export function startSender(processes: Processes, name: string, { enter }: HostNetwork): Send {
  const child = processes.run(`sender-${name}`, 'nsenter', [...enter, process.execPath, SENDER], { isAsked: true });
  if (!child.stdin || !child.stdout) throw new Error('the sender cannot be asked');
  const waiting = new Map<number, (answer: Answer) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, ...answer } = JSON.parse(line);
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  const { stdin } = child;
  let next = 0;
  return (sending) =>
    new Promise((done) => {
      const id = next++;
      const late = setTimeout(() => {
        waiting.delete(id);
        done({ error: 'the sender does not answer' });
      }, 10_000);
      waiting.set(id, (answer) => {
        clearTimeout(late);
        done(answer);
      });
      stdin.write(`${JSON.stringify({ id, ...sending })}\n`);
    });
}
