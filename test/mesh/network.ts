import { type ChildProcess, execFileSync } from 'node:child_process';
import { readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Processes } from '../live/keep-processes.ts';
import { GATEWAY, type MeshPod, PODS, SERVER, SERVICE_HOST, SERVICE_IP, SERVICE_PORTS } from './world.ts';

/** Runs a command to its end; what it says comes with the error. */
export function runNow(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      timeout: 30_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    throw new Error(`\`${command} ${args.join(' ')}\` failed: ${said.trim() || String(error)}`);
  }
}

/** The bridge that all pods are on, and names for their Service, since nobody answers DNS here. */
export function makeNetwork(folder: string): void {
  runNow('ip', ['link', 'set', 'lo', 'up']);
  runNow('ip', ['link', 'add', 'br0', 'type', 'bridge']);
  runNow('ip', ['addr', 'add', `${GATEWAY}/24`, 'dev', 'br0']);
  runNow('ip', ['link', 'set', 'br0', 'up']);
  const hosts = join(folder, 'hosts');
  const names = [SERVICE_HOST, 'server.demo.svc', 'server.demo'].join(' ');
  writeFileSync(hosts, `127.0.0.1 localhost\n${SERVICE_IP} ${names}\n`);
  // Only seen in here: the mounts are those of this namespace.
  runNow('mount', ['--bind', hosts, '/etc/hosts']);
}

/** The network namespace of a pod; a process keeps it. */
export interface PodNetwork {
  readonly pod: MeshPod;
  /** The arguments of `nsenter` that lead into it. */
  readonly enter: readonly string[];
}

export async function makePodNetwork(processes: Processes, pod: MeshPod): Promise<PodNetwork> {
  const holder: ChildProcess = processes.run(`pod-${pod.name}`, 'unshare', ['--net', 'sleep', 'infinity']);
  const own = readlinkSync('/proc/self/ns/net');
  await processes.until(`pod ${pod.name} has a network`, 10, async () =>
    readlinkSync(`/proc/${holder.pid}/ns/net`) === own ? undefined : true,
  );
  const enter = [`--net=/proc/${holder.pid}/ns/net`, '--'];
  const inPod = (command: string, ...args: readonly string[]): string =>
    runNow('nsenter', [...enter, command, ...args]);
  const outer = `veth${PODS.indexOf(pod)}`;
  const inner = ['peer', 'name', 'eth0', 'netns', String(holder.pid)];
  runNow('ip', ['link', 'add', 'name', outer, 'type', 'veth', ...inner]);
  runNow('ip', ['link', 'set', outer, 'master', 'br0', 'up']);
  inPod('ip', 'link', 'set', 'lo', 'up');
  inPod('ip', 'addr', 'add', `${pod.ip}/24`, 'dev', 'eth0');
  inPod('ip', 'link', 'set', 'eth0', 'up');
  inPod('ip', 'route', 'add', 'default', 'via', GATEWAY);
  // What kube-proxy does: the address of the Service leads to its pod. Behind a sidecar that is for what the sidecar sends on as it came.
  const whose = pod.hasSidecar ? 'meta skuid 1337 ' : '';
  inPod('nft', 'add', 'table', 'ip', 'services');
  inPod('nft', 'add chain ip services output { type nat hook output priority -90 ; }');
  for (const { port, targetPort } of SERVICE_PORTS) {
    const lead = `ip daddr ${SERVICE_IP} tcp dport ${port} dnat to ${SERVER.ip}:${targetPort}`;
    inPod('nft', `add rule ip services output ${whose}${lead}`);
  }
  return { pod, enter };
}
