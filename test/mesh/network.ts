import { type ChildProcess, execFileSync } from 'node:child_process';
import { readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Processes } from '../live/keep-processes.ts';
import { type Host, type MeshPod, NODE, NODE_OUTSIDE, SERVICE_HOST, SERVICE_IP, SERVICES } from './world.ts';

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

/** The bridge that all pods are on and what is outside, and names for their Service, since nobody answers DNS here. */
export function makeNetwork(folder: string): void {
  runNow('ip', ['link', 'set', 'lo', 'up']);
  runNow('ip', ['link', 'add', 'br0', 'type', 'bridge']);
  for (const address of [NODE, NODE_OUTSIDE]) runNow('ip', ['addr', 'add', `${address}/24`, 'dev', 'br0']);
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  runNow('ip', ['link', 'set', 'br0', 'up']);
  const hosts = join(folder, 'hosts');
  const names = [SERVICE_HOST, 'server.demo.svc', 'server.demo'].join(' ');
  writeFileSync(hosts, `127.0.0.1 localhost\n${SERVICE_IP} ${names}\n`);
  // Only seen in here: the mounts are those of this namespace.
  runNow('mount', ['--bind', hosts, '/etc/hosts']);
}

/** A network namespace; a process keeps it. */
export interface HostNetwork {
  /** The arguments of `nsenter` that lead into it. */
  readonly enter: readonly string[];
}

export interface PodNetwork extends HostNetwork {
  readonly pod: MeshPod;
}

let made = 0;

export async function makeHostNetwork(
  processes: Processes,
  { name, ip, others = [] }: Host,
  router: string,
): Promise<HostNetwork> {
  const holder: ChildProcess = processes.run(`host-${name}`, 'unshare', ['--net', 'sleep', 'infinity']);
  const own = readlinkSync('/proc/self/ns/net');
  await processes.until(`${name} has a network`, 10, async () =>
    readlinkSync(`/proc/${holder.pid}/ns/net`) === own ? undefined : true,
  );
  const enter = [`--net=/proc/${holder.pid}/ns/net`, '--'];
  const inside = (...args: readonly string[]): string => runNow('nsenter', [...enter, 'ip', ...args]);
  const outer = `veth${made++}`;
  const inner = ['peer', 'name', 'eth0', 'netns', String(holder.pid)];
  runNow('ip', ['link', 'add', 'name', outer, 'type', 'veth', ...inner]);
  runNow('ip', ['link', 'set', outer, 'master', 'br0', 'up']);
  inside('link', 'set', 'lo', 'up');
  for (const address of [ip, ...others]) inside('addr', 'add', `${address}/24`, 'dev', 'eth0');
  inside('link', 'set', 'eth0', 'up');
  inside('route', 'add', 'default', 'via', router);
  return { enter };
}

export async function makePodNetwork(processes: Processes, pod: MeshPod): Promise<PodNetwork> {
  const { enter } = await makeHostNetwork(processes, pod, NODE);
  const nft = (...args: readonly string[]): string => runNow('nsenter', [...enter, 'nft', ...args]);
  // What kube-proxy does: the address of a Service leads to its pod. Behind a sidecar that is for what the sidecar sends on as it came.
  const whose = pod.proxy === 'sidecar' ? 'meta skuid 1337 ' : '';
  nft('add', 'table', 'ip', 'services');
  nft('add chain ip services output { type nat hook output priority -90 ; }');
  for (const service of SERVICES)
    for (const { port, targetPort } of service.ports) {
      const lead = `ip daddr ${service.ip} tcp dport ${port} dnat to ${service.pod.ip}:${targetPort}`;
      nft(`add rule ip services output ${whose}${lead}`);
    }
  return { pod, enter };
}
