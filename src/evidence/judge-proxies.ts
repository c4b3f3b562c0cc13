import type { Workload } from '../model/inventory/types.ts';
import type { EnvoyDump } from '../model/observation/envoy-dump.ts';
import { isCaptured } from '../semantics/capture.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { modeOfPort } from '../semantics/mtls/effective-mode.ts';
import { comparePort, type PortComparison } from './envoy/compare-port.ts';
import { readChains } from './envoy/read-chains.ts';
import type { Drift, PortEvidence, Proof, SeenProxy, WorkloadEvidence } from './evidence.ts';
import { causesOf, describePolicies, missingPolicies } from './explain-drift.ts';

/** How far back something seen still counts; see `isRecent`. */
export type IsRecent = (dump: EnvoyDump) => boolean;

/** What one proxy showed. */
interface Seen {
  readonly proxy: SeenProxy;
  readonly dump: EnvoyDump;
  /** Why its traffic is not known to pass it; undefined: it does. */
  readonly uncaptured: string | undefined;
  readonly ports: ReadonlyMap<number, PortComparison>;
}

/** Holds the proxies of a workload against what its configuration comes to. */
export function judgeProxies(
  enforcement: Enforcement,
  workload: Workload,
  dumps: readonly EnvoyDump[],
  isRecent: IsRecent,
): { readonly evidence: WorkloadEvidence; readonly drifts: readonly Drift[] } {
  const seen = dumps.map((dump) => lookInto(enforcement, workload, dump, isRecent));
  const proxies = seen.map(({ proxy }) => proxy);
  const replicas = replicasOf(workload);
  const extent = extentOf(seen, replicas);
  const bare = seen.flatMap(({ uncaptured }) => (uncaptured === undefined ? [] : [uncaptured]));
  const captured = proofOf(extent, bare.map(contradicts));
  const ports = new Map<number, PortEvidence>();
  for (const { port } of workload.ports) {
    const compared = seen.flatMap(({ ports: all }) => all.get(port) ?? []);
    if (compared.length === 0) continue;
    const mtls = compared.map(({ mtls: held }) => (held.same ? AGREES : contradicts(describeMode(held.loaded))));
    const other = compared.filter(({ mtls: held }) => !held.same).map(({ mtls: held }) => held.loaded.mode);
    const [weakest] = [...other].sort((a, b) => rankOf(a) - rankOf(b));
    ports.set(port, {
      ...(weakest ? { holds: weakest } : {}),
      mtls: proofOf(extent, [...bare.map(contradicts), ...mtls]),
      authorization: proofOf(extent, [...bare.map(contradicts), ...compared.map(authorizationOf)]),
    });
  }
  return {
    evidence: { workload, proxies, replicas, captured, ports },
    drifts: findDrifts(enforcement, workload, seen),
  };
}

function lookInto(enforcement: Enforcement, workload: Workload, dump: EnvoyDump, isRecent: IsRecent): Seen {
  const { pod, interceptionMode } = dump.proxy;
  const proxy: SeenProxy = {
    pod,
    file: dump.file,
    ...(dump.at === undefined ? {} : { at: dump.at }),
    isOld: !isRecent(dump),
  };
  const chains = readChains(dump);
  const uncaptured =
    chains.length === 0
      ? 'the proxy has no inbound listener in use'
      : interceptionMode === 'NONE'
        ? 'the proxy says that nothing is redirected to it (interceptionMode NONE)'
        : workload.hostNetwork
          ? 'the pod is in the network of its node'
          : undefined;
  const compared = workload.ports
    .filter(({ port, transport }) => chains.length > 0 && isCaptured(workload, port, transport).captured)
    .map((port) => comparePort(enforcement, workload, port, chains));
  return { proxy, dump, uncaptured, ports: new Map(compared.map((each) => [each.port, each])) };
}

/** Running replicas. What a DaemonSet or an autoscaler makes of it, manifests do not say. */
function replicasOf({ pods, kind, replicas }: Workload): number | undefined {
  if (pods.length > 0) return pods.length;
  if (kind === 'Pod') return 1;
  return kind === 'Deployment' || kind === 'StatefulSet' || kind === 'ReplicaSet' ? (replicas ?? 1) : undefined;
}

type Finding = { readonly state: 'agrees' } | { readonly state: 'contradicted' | 'open'; readonly why: string };
const AGREES: Finding = { state: 'agrees' };
const contradicts = (why: string): Finding => ({ state: 'contradicted', why });

interface Extent {
  readonly whole: boolean;
  readonly text: string;
}

function extentOf(seen: readonly Seen[], replicas: number | undefined): Extent {
  const old = seen.filter(({ proxy }) => proxy.isOld);
  const count = `${seen.length} of ${replicas ?? 'an unknown number of'} replica${replicas === 1 ? '' : 's'}`;
  if (old.length > 0) return { whole: false, text: `${count}, seen more than 24 h before the newest evidence` };
  return { whole: replicas !== undefined && seen.length >= replicas, text: count };
}

function proofOf({ whole, text }: Extent, findings: readonly Finding[]): Proof {
  for (const state of ['contradicted', 'open'] as const) {
    const found = findings.find((finding) => finding.state === state);
    if (found && found.state !== 'agrees') return { state, why: found.why };
  }
  return { state: whole ? 'verified' : 'loaded', why: `loaded and captured, ${text}` };
}

function authorizationOf({ differences, jwt, open }: PortComparison): Finding {
  if (differences.length > 0) return contradicts('a proxy lets other requests through than its policies say');
  const [token] = jwt;
  if (token !== undefined) return contradicts(token);
  return open.length > 0 ? { state: 'open', why: open.join('; ') } : AGREES;
}

const describeMode = ({ mode, trustDomains }: PortComparison['mtls']['loaded']): string =>
  `a proxy holds ${mode}${trustDomains.length > 0 ? ` for ${trustDomains.join(', ')}` : ''}`;

/** Every difference once, with all proxies that show it. */
function findDrifts(enforcement: Enforcement, workload: Workload, seen: readonly Seen[]): readonly Drift[] {
  const found = new Map<string, Drift>();
  for (const each of seen) {
    for (const drift of driftsOf(enforcement, workload, each)) {
      const key = `${drift.kind} ${drift.port} ${drift.what}`;
      const known = found.get(key);
      found.set(key, known ? { ...known, proxies: [...known.proxies, ...drift.proxies] } : drift);
    }
  }
  return [...found.values()];
}

function driftsOf(enforcement: Enforcement, workload: Workload, seen: Seen): readonly Drift[] {
  const { dump, proxy, uncaptured } = seen;
  const drifts: Drift[] = dump.rejected.map(({ what, details, keepsOld }) => ({
    kind: 'rejected',
    workload,
    what: `Envoy rejected ${what}${keepsOld ? ' and goes on with what it had before' : ' and has none in use'}: ${details}`,
    reason: details,
    causes: causesOf(enforcement, workload, dump, 'rejected'),
    proxies: [proxy],
  }));
  if (uncaptured !== undefined && workload.dataPlane.kind === 'sidecar' && workload.dataPlane.capture.mode !== 'NONE') {
    const causes = causesOf(enforcement, workload, dump, 'not-captured');
    drifts.push({ kind: 'not-captured', workload, looser: 'proxy', what: uncaptured, causes, proxies: [proxy] });
  }
  for (const compared of seen.ports.values()) drifts.push(...portDrifts(enforcement, workload, dump, compared, proxy));
  return drifts;
}

function portDrifts(
  enforcement: Enforcement,
  workload: Workload,
  dump: EnvoyDump,
  { port, mtls, differences, jwt, policies }: PortComparison,
  proxy: SeenProxy,
): readonly Drift[] {
  const drifts: Drift[] = [];
  const common = { workload, port, proxies: [proxy] };
  if (!mtls.same) {
    const { mode } = modeOfPort(enforcement.modes(workload), port);
    const looser =
      rankOf(mtls.loaded.mode) < rankOf(mode)
        ? 'proxy'
        : rankOf(mtls.loaded.mode) > rankOf(mode)
          ? 'configuration'
          : undefined;
    drifts.push({
      ...common,
      kind: 'mutual-tls',
      ...(looser ? { looser } : {}),
      what: `${describeMode(mtls.loaded)}, and the configuration comes to ${mode}`,
      causes: causesOf(enforcement, workload, dump, 'mutual-tls'),
    });
  }
  for (const what of jwt) {
    drifts.push({ ...common, kind: 'tokens', what, causes: causesOf(enforcement, workload, dump, 'tokens') });
  }
  const [first] = [...differences].sort((a, b) => (a.passes === b.passes ? 0 : a.passes === 'proxy' ? -1 : 1));
  if (first) {
    drifts.push({
      ...common,
      kind: 'policies',
      looser: first.passes,
      what: describePolicies(enforcement, workload, policies, differences),
      missing: missingPolicies(enforcement, workload, policies),
      witness: first.witness,
      causes: causesOf(enforcement, workload, dump, 'policies', policies),
    });
  }
  return drifts;
}

const rankOf = (mode: string): number => ['DISABLE', 'PERMISSIVE', 'STRICT'].indexOf(mode);
