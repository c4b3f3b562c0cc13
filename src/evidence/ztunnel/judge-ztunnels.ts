import type { Workload } from '../../model/inventory/types.ts';
import { isCaptured } from '../../semantics/capture.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Drift, PortEvidence, Proof, WorkloadEvidence } from '../evidence.ts';
import type { IsRecent } from '../looked-into.ts';
import { AGREES, contradicts, extentOf, proofOf, type Shown } from '../proof.ts';
import { replicasOf } from '../replicas.ts';
import { compareWaypoints, type WaypointComparison, waypointsOf } from './compare-waypoints.ts';
import { compareZtunnel, policiesFor, type ZtunnelComparison } from './compare-ztunnel.ts';
import { findZtunnelDrifts } from './find-ztunnel-drifts.ts';
import type { SeenPod } from './match-pods.ts';
import type { SeenAtZtunnel } from './seen-at-ztunnel.ts';

/** Holds what ztunnels and istiod have for the pods of an ambient workload against what its configuration comes to. */
export function judgeZtunnels(
  enforcement: Enforcement,
  workload: Workload,
  pods: readonly SeenPod[],
  isRecent: IsRecent,
): { readonly evidence: WorkloadEvidence; readonly drifts: readonly Drift[] } {
  const known = new Map<string, readonly ZtunnelComparison[]>();
  const seen = pods.map((pod) => lookInto(enforcement, workload, pod, { isRecent, known }));
  const own = [...new Map(seen.filter(({ isOwn }) => isOwn).map((each) => [each.entry.pod, each])).values()];
  const proxies = own.map(({ proxy }) => proxy);
  const replicas = replicasOf(workload);
  const extent = extentOf(proxies, replicas);
  const prove = (shown: readonly Shown[]): Proof => {
    const proof = proofOf(extent, shown);
    return proof.state === 'loaded' && proxies.length === 0 ? { ...proof, why: toldBy(seen) } : proof;
  };
  const bare = own.flatMap(({ uncaptured }) => (uncaptured === undefined ? [] : [contradicts(uncaptured)]));
  const captured: Proof =
    own.length === 0 ? { state: 'open', why: `${toldBy(seen)}; the ztunnel of its node was not dumped` } : prove(bare);
  const held = waypointsOf(enforcement, workload);
  const ports = new Map<number, PortEvidence>();
  for (const { port } of workload.ports) {
    const compared = seen.flatMap((each) => each.ports.filter((found) => found.port === port));
    if (compared.length === 0) continue;
    const other = compared.filter(({ mode }) => mode.loaded !== mode.configured).map(({ mode }) => mode.loaded);
    const holds = other.includes('PERMISSIVE') ? 'PERMISSIVE' : other[0];
    const policies = [...bare, ...compared.map(policiesShown)];
    ports.set(port, {
      ...(holds ? { holds } : {}),
      mtls: prove([...bare, ...compared.map(modeShown)]),
      policies: prove(policies),
      tokens: prove([...bare, ...(held.length > 0 ? [atWaypoint(held)] : [])]),
      authorization: prove([
        ...policies,
        ...seen.flatMap(({ waypoints }) => waypoints.map(bindingShown)),
        ...(held.length > 0 ? [atWaypoint(held)] : []),
      ]),
    });
  }
  return {
    evidence: { workload, proxies, replicas, captured, ports },
    drifts: findZtunnelDrifts(enforcement, workload, seen),
  };
}

interface Looking {
  readonly isRecent: IsRecent;
  /** Replicas for which a document says the same are compared once. */
  readonly known: Map<string, readonly ZtunnelComparison[]>;
}

function lookInto(
  enforcement: Enforcement,
  workload: Workload,
  pod: SeenPod,
  { isRecent, known }: Looking,
): SeenAtZtunnel {
  const { entry, view } = pod;
  const { from } = view;
  const isZtunnel = from.kind === 'ztunnel-config-dump';
  const isOwn = isZtunnel && (from.node === undefined || entry.node === undefined || from.node === entry.node);
  const key = JSON.stringify([from.file, entry.policies]);
  let ports = known.get(key);
  if (!ports) {
    ports = view.held === undefined ? [] : portsOf(enforcement, workload, pod);
    known.set(key, ports);
  }
  return {
    ...pod,
    proxy: {
      pod: entry.pod,
      file: from.file,
      ...(from.at === undefined ? {} : { at: from.at }),
      isOld: !isRecent(from),
    },
    isOwn,
    uncaptured: uncapturedOf(pod, isOwn),
    ports,
    waypoints: compareWaypoints(enforcement, workload, pod),
  };
}

function portsOf(enforcement: Enforcement, workload: Workload, { entry, view }: SeenPod): readonly ZtunnelComparison[] {
  const applying = policiesFor(entry, view.held ?? []);
  return workload.ports
    .filter(({ port, transport }) => isCaptured(workload, port, transport).captured)
    .map(({ port }) => compareZtunnel(enforcement, workload, port, applying));
}

/** Source: ztunnel src/state/workload.rs (Protocol, NetworkMode), src/inpod/admin.rs (the pods in whose network it listens). */
function uncapturedOf({ entry, view: { from } }: SeenPod, isOwn: boolean): string | undefined {
  if (entry.protocol !== 'HBONE') return 'ztunnel knows the pod as one outside the mesh (protocol TCP)';
  if (entry.hostNetwork) return 'the pod is in the network of its node';
  const isServing = from.kind === 'ztunnel-config-dump' && isOwn && from.node !== undefined && entry.node !== undefined;
  return isServing && from.served && !from.served.has(`${entry.namespace}/${entry.pod}`)
    ? 'the ztunnel of its node does not listen in the network of the pod'
    : undefined;
}

function toldBy(seen: readonly SeenAtZtunnel[]): string {
  const isTold = seen.some(({ view }) => view.from.kind === 'ztunnel-config-dump');
  return isTold ? 'ztunnels of other nodes hold it' : 'istiod would send it';
}

const describeMode = ({ mode }: ZtunnelComparison): string => `ztunnel holds ${mode.loaded}`;
const modeShown = (compared: ZtunnelComparison): Shown =>
  compared.mode.same ? AGREES : contradicts(describeMode(compared));

function policiesShown({ differences, open }: ZtunnelComparison): Shown {
  if (differences.length > 0) return contradicts('ztunnel lets other connections through than the policies say');
  return open.length > 0 ? { state: 'open', why: open.join('; ') } : AGREES;
}

const bindingShown = ({ what, same }: WaypointComparison): Shown => (same ? AGREES : contradicts(what));
const atWaypoint = (names: readonly string[]): Shown => ({
  state: 'open',
  why: `waypoint ${names.join(', ')} decides too, and what it holds is not compared`,
});
