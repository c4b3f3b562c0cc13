import { PassThrough, Writable } from 'node:stream';
import { Exec } from '@kubernetes/client-node/dist/exec.js';
import { isObject } from '../../model/shape.ts';
import { InputError } from '../input-error.ts';
import { ApiClient, ApiError, CredentialsError } from './api-client.ts';
import { connect, loadKubeConfig } from './connect.ts';
import { ExchangeError } from './exchange.ts';
import type { PodAccess, PodAnswer, PodCommand } from './pod-access.ts';

/** Longer than any probe takes, its start included. */
const LONGEST_MS = 30_000;
/** An answer that is larger is cut off: its end still comes. */
const LONGEST_OUTPUT = 2 ** 21;

/**
 * A WebSocket upgrade is a `get`; since Kubernetes 1.35 `create` is asked for as well (`AuthorizePodWebsocketUpgradeCreatePermission`), as
 * seen with a kube-apiserver 1.36.3.
 */
const RIGHTS = 'the rights to list pods, and to get and create pods/exec,';

/** Pods of a context of the user's kubeconfig: lists them, and runs commands in them (`pods/exec`). */
export function openPods(context: string): PodAccess {
  const client = new ApiClient(connect(context));
  const exec = new Exec(loadKubeConfig(context));
  return {
    async pods(namespace, labels) {
      const selector = Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(',');
      const query = new URLSearchParams({
        labelSelector: selector,
        fieldSelector: 'status.phase=Running',
        limit: '100',
      });
      try {
        const list = await client.get(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?${query}`);
        return (Array.isArray(list.items) ? list.items : []).flatMap(nameOf).sort();
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return [];
        if (error instanceof ApiError || error instanceof ExchangeError || error instanceof CredentialsError)
          throw new InputError(
            `the pods of namespace \`${namespace}\` cannot be listed: ${error.message}`,
            `probes need ${RIGHTS} there`,
          );
        throw error;
      }
    },
    run: (command) => runInPod(exec, command),
    close: () => client.close(),
  };
}

function nameOf(pod: unknown): readonly string[] {
  const metadata = isObject(pod) && isObject(pod.metadata) ? pod.metadata : {};
  return typeof metadata.name === 'string' && metadata.deletionTimestamp === undefined ? [metadata.name] : [];
}

/** Runs one command and waits for its end. What keeps it from being run is its output, with exit code 1, as kubectl has it. */
function runInPod(
  exec: Exec,
  { namespace, pod, container, command, stdin, staysOpen = false }: PodCommand,
): Promise<PodAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const sink = () =>
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          size += chunk.length;
          chunks.push(chunk);
          while (size > LONGEST_OUTPUT && chunks.length > 1) size -= chunks.shift()?.length ?? 0;
          done();
        },
      });
    const input = stdin === '' ? null : new PassThrough();
    if (staysOpen) input?.write(stdin);
    else input?.end(stdin);
    let socket: { terminate(): void } | undefined;
    const finish = (exit: number, why = ''): void => {
      clearTimeout(late);
      // A server that does not answer a polite close would keep the process up.
      socket?.terminate();
      resolve({ output: Buffer.concat(chunks).toString('utf8') + why, exit });
    };
    const late = setTimeout(() => finish(1, 'no answer in time'), LONGEST_MS);
    exec
      .exec(namespace, pod, container, [...command], sink(), sink(), input, false, (status) =>
        finish(exitOf(status), status.message ?? ''),
      )
      .then((opened) => {
        socket = opened;
        opened.on('close', () => finish(1, 'the connection was closed'));
        opened.on('error', () => finish(1, 'the connection failed'));
      })
      .catch((error: unknown) => {
        const message = isObject(error) || error instanceof Error ? String(Reflect.get(error, 'message')) : '';
        if (!/\b40[13]$/.test(message)) return finish(1, 'nothing could be run there');
        clearTimeout(late);
        return reject(
          new InputError(
            `nothing may be run in pods of namespace \`${namespace}\``,
            `probes need ${RIGHTS} there (deploy/rbac/live-tests); --probe-script writes a script for somebody who has them`,
          ),
        );
      });
  });
}

/** Of a `Status`: kubelet gives the exit code as a cause. */
function exitOf({
  status,
  details,
}: {
  status?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}): number {
  if (status === 'Success') return 0;
  const code = Number(details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message);
  return Number.isInteger(code) && code > 0 ? code : 1;
}
