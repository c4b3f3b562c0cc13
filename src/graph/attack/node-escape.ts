import { byOf } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { ContainerSpec } from '../../model/k8s/container.ts';
import type { PodSpec } from '../../model/k8s/pod-template.ts';
import type { Path } from '../../model/resource.ts';
import type { By } from '../../result/location.ts';
import type { EvidenceStatus } from '../../result/status.ts';
import { isInjected } from './istio-container.ts';
import { podSpecOf, podSpecPath } from './pod-spec.ts';

/** Why code in a workload is, or easily becomes, root on its node. */
export interface NodeEscape {
  readonly kind: 'privileged' | 'capability' | 'host-pid' | 'host-path';
  readonly by: By;
  /** `container app is privileged`. */
  readonly why: string;
  readonly status: EvidenceStatus;
  readonly assumes: readonly string[];
}

/** Each of them undoes the walls of a container by itself; SYS_PTRACE only together with the processes of the node. */
export const ESCAPING_CAPABILITIES: ReadonlySet<string> = new Set([
  'ALL',
  'SYS_ADMIN',
  'SYS_MODULE',
  'SYS_RAWIO',
  'DAC_READ_SEARCH',
  'BPF',
]);

/** The plainest first. */
export function nodeEscapesOf(workload: Workload): readonly NodeEscape[] {
  const spec = podSpecOf(workload);
  const isPlain = !spec.hostPID && !spec.volumes?.some(({ hostPath }) => hostPath);
  if (isPlain && !workload.containers.some((each) => each.privileged || each.addedCapabilities.length > 0)) return [];
  return [
    ...lastingContainers(spec).flatMap(({ container, path }) => ofContainer(workload, spec, container, path)),
    ...ofHostPid(workload, spec),
    ...ofHostPaths(workload, spec),
  ].sort((a, b) => rank(a) - rank(b));
}

const rank = ({ status, kind }: NodeEscape): number => (status === 'UNKNOWN' ? 10 : 0) + ORDER.indexOf(kind);
const ORDER: readonly NodeEscape['kind'][] = ['privileged', 'capability', 'host-path', 'host-pid'];

interface Placed {
  readonly container: ContainerSpec;
  readonly path: Path;
}

/** Those that run for as long as the pod does, Istio's own left out. */
export function lastingContainers({ containers = [], initContainers = [] }: PodSpec): readonly Placed[] {
  return [
    ...containers.map((container, index) => ({ container, path: ['containers', index] })),
    ...initContainers
      .map((container, index) => ({ container, path: ['initContainers', index] }))
      .filter(({ container }) => container.restartPolicy === 'Always'),
  ].filter(({ container }) => !isInjected(container.name ?? ''));
}

const plain = { status: 'INFERRED', assumes: [] } as const;

function ofContainer(workload: Workload, spec: PodSpec, container: ContainerSpec, path: Path): readonly NodeEscape[] {
  const { name = '', securityContext } = container;
  const at = (...field: Path): By => {
    const clause = String(field.find((step, index) => index > 0 && typeof step === 'string') ?? field[0]);
    return byOf(workload.resource, { path: podSpecPath(workload, ...path, ...field), clause });
  };
  if (securityContext?.privileged)
    return [
      { kind: 'privileged', by: at('securityContext', 'privileged'), why: `container ${name} is privileged`, ...plain },
    ];
  // In a user namespace of its own a capability is for that namespace only (Kubernetes docs, user namespaces).
  if (spec.hostUsers === false) return [];
  const added = (securityContext?.capabilities?.add ?? []).map((each) => each.replace(/^CAP_/, ''));
  const found = added.filter((each) => ESCAPING_CAPABILITIES.has(each) || (each === 'SYS_PTRACE' && spec.hostPID));
  if (found.length === 0) return [];
  const why = `container ${name} adds ${found.join(', ')}`;
  return [{ kind: 'capability', by: at('securityContext', 'capabilities', 'add'), why, ...plain }];
}

function ofHostPid(workload: Workload, spec: PodSpec): readonly NodeEscape[] {
  if (!spec.hostPID || !mayBeRoot(spec)) return [];
  const by = byOf(workload.resource, { path: podSpecPath(workload, 'hostPID'), clause: 'hostPID' });
  const why = 'it sees the processes of its node (hostPID)';
  return [{ kind: 'host-pid', by, why, status: 'UNKNOWN', assumes: ['a process of the node lets it in'] }];
}

/** Folders and sockets from which the node is taken over by writing, or for the second list by reading alone. */
const WRITTEN = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/home',
  '/lib/systemd',
  '/opt/cni',
  '/proc',
  '/root',
  '/sbin',
  '/sys',
  '/usr/bin',
  '/usr/local/bin',
  '/usr/sbin',
  '/var/spool/cron',
];
const READ = ['/etc/kubernetes', '/etc/shadow', '/proc', '/root', '/var/lib/etcd', '/var/lib/kubelet'];
const SOCKETS = [
  'docker.sock',
  'containerd.sock',
  'containerd/containerd.sock',
  'crio/crio.sock',
  'dockershim.sock',
].flatMap((name) => [`/run/${name}`, `/var/run/${name}`]);
/** Runtimes keep the file systems of all containers here. */
const RUNTIMES = ['/var/lib/docker', '/var/lib/containerd', '/run/containerd', '/var/run/docker'];

/** Below these lie things that agents mount every day. */
const HARMLESS =
  /^\/(etc\/(localtime|timezone|machine-id|os-release|hosts|hostname|resolv\.conf|ssl|pki|ca-certificates|cni)|sys\/fs\/(cgroup|bpf)|dev\/(null|shm|dri|fuse|net\/tun|kvm|disk)|var\/lib\/kubelet\/(plugins|plugins_registry|device-plugins|pod-resources)|proc\/(cpuinfo|meminfo|stat|loadavg))(\/|$)/;

function ofHostPaths(workload: Workload, spec: PodSpec): readonly NodeEscape[] {
  const found: NodeEscape[] = [];
  for (const [index, { name, hostPath }] of (spec.volumes ?? []).entries()) {
    if (!hostPath?.path) continue;
    const path = hostPath.path.replace(/(.)\/+$/, '$1');
    for (const { container } of lastingContainers(spec)) {
      const mounts = (container.volumeMounts ?? []).filter((mount) => mount.name === name);
      if (mounts.length === 0 || !mayBeRoot(spec, container)) continue;
      const isWritten = mounts.some(({ readOnly }) => !readOnly);
      if (!isSensitive(path, isWritten)) continue;
      const by = byOf(workload.resource, {
        path: podSpecPath(workload, 'volumes', index, 'hostPath'),
        clause: 'hostPath',
      });
      const how = isWritten ? 'may write to' : 'reads';
      found.push({
        kind: 'host-path',
        by,
        why: `container ${container.name} ${how} ${path} of its node`,
        ...rootOf(spec, container),
      });
      break;
    }
  }
  return found;
}

/** Whether a node is taken over by what a folder or socket of it holds; `isWritten`: by writing to it as well. */
export function isSensitive(path: string, isWritten: boolean): boolean {
  if (HARMLESS.test(path)) return false;
  // A socket is used, not written: a mount that is read-only does not close it.
  const keys = [...SOCKETS, ...READ, ...(isWritten ? [...WRITTEN, ...RUNTIMES] : [])];
  return (
    keys.some((key) => isWithin(key, path)) ||
    [...READ, ...(isWritten ? WRITTEN : [])].some((key) => isWithin(path, key))
  );
}

/** `path` is `folder` or lies below it. */
const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);

function mayBeRoot(spec: PodSpec, container?: ContainerSpec): boolean {
  const own = container?.securityContext;
  const user = own?.runAsUser ?? spec.securityContext?.runAsUser;
  if (user !== undefined) return user === 0;
  return !(own?.runAsNonRoot ?? spec.securityContext?.runAsNonRoot ?? false);
}

/** Where nothing says which user it is, the image does. */
function rootOf(spec: PodSpec, { name, securityContext }: ContainerSpec): Pick<NodeEscape, 'status' | 'assumes'> {
  const known = securityContext?.runAsUser ?? spec.securityContext?.runAsUser;
  return known === undefined ? { status: 'INFERRED', assumes: [`the image of container ${name} runs as root`] } : plain;
}
