import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ApiServer, startApiServer } from '../live/api-server.ts';
import type { Value } from '../live/fake-api-server.ts';
import type { Processes } from '../live/keep-processes.ts';
import { tokenOf, USERS } from '../live/contract.ts';
import { writeKubeconfig } from '../live/kubeconfig.ts';
import { rights } from '../live/real-api-server.ts';
import { applyObjects } from './apply-objects.ts';
import { type ControlPlaneOptions, startControlPlane } from './control-plane.ts';
import { makeHostNetwork, makeNetwork, makePodNetwork, type PodNetwork, runNow } from './network.ts';
import { type Send, startSender } from './sender.ts';
import { agentOf, type ProxyOptions, startProxy } from './proxy.ts';
import {
  type MeshPod,
  NODE_OUTSIDE,
  OUTSIDE,
  PODS,
  parseObjects,
  PROXY_CONFIG,
  SERVER,
  SERVICE_PORTS,
  UNDECLARED_PORT,
  WEB,
  worldObjects,
} from './world.ts';

export interface RunningPod extends PodNetwork {
  readonly send: Send;
  /** Absent without a proxy. */
  readonly agent?: ChildProcess;
}

export interface RunningMesh {
  readonly server: ApiServer;
  readonly processes: Processes;
  readonly kubeconfig: string;
  readonly pods: Map<string, RunningPod>;
  /** From outside the cluster. */
  readonly sendFromOutside: Send;
  readonly folder: string;
  /** What istiod was started with. */
  readonly controlPlane: ControlPlaneOptions;
  /** What is there now beside what always is. */
  readonly applied: { objects: readonly Value[] };
}

export interface MeshPlaces {
  readonly kube: string;
  readonly mesh: string;
  readonly folder: string;
}

const APPLICATION = fileURLToPath(new URL('application.mjs', import.meta.url));

/** Starts everything in the namespaces that this process is in, and waits until all sidecars are ready. */
export async function startMesh(processes: Processes, places: MeshPlaces): Promise<RunningMesh> {
  const { kube, mesh, folder } = places;
  const binaries = join(folder, 'bin');
  mkdirSync(binaries);
  // The proxy's user may not enter where the cache is; the mount is seen in here only.
  runNow('mount', ['--bind', mesh, binaries]);
  chmodSync(folder, 0o755);
  makeNetwork(folder);
  const server = await startApiServer(processes, { binaries: kube, folder: join(folder, 'kubernetes') });
  const users = USERS.map((user) => [user, { token: tokenOf(user) }] as const);
  const kubeconfig = writeKubeconfig(folder, server, Object.fromEntries(users));
  const definitions = readdirSync(binaries)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => parseObjects(readFileSync(join(binaries, name), 'utf8')));
  const system = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } };
  await Promise.all(definitions.map((each) => applyObjects(server, processes, [each])));
  await applyObjects(server, processes, [system, ...readerRights(), ...worldObjects()]);
  const controlPlane = { binaries, folder, kubeconfig: withAdmin(folder, server) };
  await startControlPlane(processes, controlPlane);
  const pods = new Map<string, RunningPod>();
  for (const pod of PODS) {
    const network = await makePodNetwork(processes, pod);
    const agent = pod.proxy && { agent: await startProxy(processes, network, { server, binaries, folder }) };
    pods.set(pod.name, { ...network, ...agent, send: startSender(processes, pod.name, network) });
  }
  for (const { name } of [SERVER, WEB]) startApplication(processes, pods.get(name));
  for (const running of pods.values()) await untilReady(processes, running);
  const outside = await makeHostNetwork(processes, OUTSIDE, NODE_OUTSIDE);
  const sendFromOutside = startSender(processes, OUTSIDE.name, outside);
  const applied: RunningMesh['applied'] = { objects: [] };
  return { server, processes, kubeconfig, pods, sendFromOutside, folder, controlPlane, applied };
}

async function untilReady(processes: Processes, { pod, send }: RunningPod): Promise<void> {
  if (!pod.proxy) return;
  await processes.until(`the proxy of ${pod.name} gets ready`, 60, async () => {
    const { status } = await send(admin(15021, '/healthz/ready'));
    return status === 200 ? true : undefined;
  });
}

/** What the pod says of its proxy from now on; Envoy begins anew. */
export async function restartProxy(
  mesh: RunningMesh,
  name: string,
  proxyConfig: MeshPod['proxyConfig'],
): Promise<void> {
  const { processes, controlPlane } = mesh;
  const running = mesh.pods.get(name);
  if (!running) throw new Error(`no pod ${name}`);
  await processes.end(agentOf(running.pod));
  const { proxyConfig: _, ...before } = running.pod;
  const pod = { ...before, ...(proxyConfig ? { proxyConfig } : {}) };
  const annotations = { [PROXY_CONFIG]: proxyConfig ? JSON.stringify(proxyConfig) : null };
  const path = `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`;
  const { status, text } = await mesh.server.call('PATCH', path, { metadata: { annotations } });
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  const options: ProxyOptions = { server: mesh.server, binaries: controlPlane.binaries, folder: mesh.folder };
  const restarted = { ...running, pod, agent: await startProxy(processes, { ...running, pod }, options) };
  mesh.pods.set(name, restarted);
  await untilReady(processes, restarted);
}

/** A request to a sidecar itself, from its pod. */
export const admin = (port: number, path: string): Parameters<Send>[0] => ({
  address: '127.0.0.1',
  port,
  http: { method: 'GET', path, headers: { host: 'localhost' } },
});

/** The published roles that are not about a namespace of the contract. */
const readerRights = (): readonly Value[] =>
  rights().filter(({ metadata }) =>
    ['istio-system', undefined].includes((metadata as { namespace?: string }).namespace),
  );

/** istiod takes the current context of its own kubeconfig. */
function withAdmin(folder: string, server: ApiServer): string {
  const own = join(folder, 'istiod');
  mkdirSync(own);
  return writeKubeconfig(own, server, { admin: { token: tokenOf('admin') } });
}

function startApplication(processes: Processes, pod: RunningPod | undefined): void {
  if (!pod) throw new Error('there is no server');
  const ports = [...SERVICE_PORTS.map(({ targetPort }) => targetPort), UNDECLARED_PORT];
  processes.run(`application-${pod.pod.name}`, 'nsenter', [
    ...pod.enter,
    process.execPath,
    APPLICATION,
    ports.join(','),
  ]);
}
