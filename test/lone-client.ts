import { spawn, spawnSync } from 'node:child_process';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { PodAccess } from '../src/collect/live/pod-access.ts';

/** Whether a program is on this machine. */
export const isInstalled = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

/** Containers in which one client is all there is: its commands run here. */
export function onlyClient(client: string): PodAccess {
  return {
    pods: async () => ['web-1'],
    close: () => undefined,
    run: ({ command: [program = '', ...args], stdin, staysOpen }) =>
      new Promise((resolve) => {
        const found = program === 'sh' ? 'wget' : program;
        if (found !== client)
          return resolve({ output: `exec: "${found}": executable file not found in $PATH`, exit: 1 });
        const child = spawn(program, args);
        let output = '';
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (output += part));
        child.stdin.on('error', () => undefined);
        if (staysOpen) child.stdin.write(stdin);
        else child.stdin.end(stdin);
        child.on('close', (exit) => resolve({ output, exit: exit ?? 1 }));
      }),
  };
}

export interface Loopback {
  readonly port: number;
  /** What was read, from all connections. */
  readonly heard: string[];
  readonly stop: () => void;
}

/** A server that answers the first bytes of every connection: with text, and then the end of the connection; by resetting it; or never. */
export function startLoopback(answer: string | 'reset' | 'silence'): Promise<Loopback> {
  const heard: string[] = [];
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes) => {
      heard.push(bytes.toString('utf8'));
      if (answer === 'reset') socket.resetAndDestroy();
      else if (answer !== 'silence') socket.end(answer);
    });
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve({ port: (server.address() as AddressInfo).port, heard, stop: () => server.close() }),
    ),
  );
}
