import type { Workload } from '../model/inventory/types.ts';
import type { EnvoyDump } from '../model/observation/envoy-dump.ts';
import { isCaptured } from '../semantics/capture.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { modeOfPort } from '../semantics/mtls/effective-mode.ts';
import { compareGatewayPort, comparePort, type PortComparison } from './envoy/compare-port.ts';
import { compareWaypoint } from './envoy/compare-waypoint.ts';
import { compareServing, NOT_IN_INPUT, PATCHED, type ServingComparison } from './envoy/compare-serving.ts';
import { configuredPorts } from './envoy/configured-serving.ts';
import { loadedPorts } from './envoy/loaded-serving.ts';
import { readChains, readGatewayChains, readWaypointChains } from './envoy/read-chains.ts';
import type { Drift, PortEvidence, Proof, SeenProxy, WorkloadEvidence } from './evidence.ts';
import { describeMode, findDrifts, rankOf } from './find-drifts.ts';
import type { IsRecent, Seen } from './looked-into.ts';
import type { Synced } from './match-proxies.ts';
import { refusals, silences } from './synced-drifts.ts';
import { AGREES, contradicts, extentOf, proofOf, type Shown } from './proof.ts';
import { replicasOf } from './replicas.ts';

/** Holds the proxies of a workload against what its configuration comes to. */
export function judgeProxies(
  enforcement: Enforcement,
  workload: Workload,
  dumps: readonly EnvoyDump[],
  { synced = [], isRecent }: { readonly synced?: readonly Synced[]; readonly isRecent: IsRecent },
): { readonly evidence: WorkloadEvidence; readonly drifts: readonly Drift[] } {
  const seen = dumps.map((dump) => lookInto(enforcement, workload, dump, isRecent));
  const proxies = seen.map(({ proxy }) => proxy);
  const replicas = replicasOf(workload);
  const extent = extentOf(proxies, replicas, countAlike(dumps, synced));
  const bare = seen.flatMap(({ uncaptured }) => (uncaptured === undefined ? [] : [uncaptured]));
  const captured: Proof =
    seen.length === 0 ? { state: 'open', why: 'no proxy of it was dumped' } : proofOf(extent, bare.map(contradicts));
  const ports = new Map<number, PortEvidence>();
  for (const { port } of workload.ports) {
    const compared = seen.flatMap(({ ports: all }) => all.get(port) ?? []);
    if (compared.length === 0) continue;
    const serving = seen.flatMap((each) => each.serving?.get(port) ?? []);
    const configured = modeOfPort(enforcement.modes(workload), port).mode;
    const other = compared.flatMap(({ mtls }) => (mtls && mtls.loaded.mode !== configured ? [mtls.loaded.mode] : []));
    const [weakest] = other.sort((a, b) => rankOf(a) - rankOf(b));
    ports.set(port, {
      ...(weakest ? { holds: weakest } : {}),
      mtls: proofOf(extent, [
        ...bare.map(contradicts),
        ...(serving.length > 0 ? serving.map(tlsOf) : compared.map(mtlsOf)),
      ]),
      policies: proofOf(extent, [...bare.map(contradicts), ...compared.map(policiesOf)]),
      tokens: proofOf(extent, [...bare.map(contradicts), ...compared.map(tokensOf)]),
      ...(serving.length > 0 ? { routes: proofOf(extent, serving.map(routesOf)) } : {}),
      authorization: proofOf(extent, [...bare.map(contradicts), ...compared.map(authorizationOf)]),
    });
  }
  return {
    evidence: { workload, proxies, replicas, captured, ports },
    drifts: [
      ...findDrifts(enforcement, workload, seen),
      ...refusals(workload, dumps, synced, isRecent),
      ...silences(workload, synced, isRecent),
    ],
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
  if (workload.dataPlane.kind === 'gateway') {
    const ports = gatewayPorts(enforcement, workload, dump);
    const serving = dump.proxy.type === 'router' ? servedPorts(enforcement, workload, dump) : undefined;
    return { proxy, dump, uncaptured: undefined, ports, ...(serving ? { serving } : {}) };
  }
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

/** Replicas beside those that were dumped which took the same push, in the same version (method.md, Evidence: verified by class). */
function countAlike(dumps: readonly EnvoyDump[], synced: readonly Synced[]): number {
  const dumped = new Set(dumps.map(({ proxy }) => proxy.pod));
  const classOf = ({ istioVersion, listeners, errors }: Synced): string | undefined =>
    listeners === undefined || errors.length > 0 ? undefined : `${istioVersion} ${listeners}`;
  const shown = new Set(synced.filter(({ pod }) => dumped.has(pod)).map(classOf));
  if (shown.size !== 1 || shown.has(undefined)) return 0;
  return synced.filter((each) => !dumped.has(each.pod) && shown.has(classOf(each))).length;
}

/** Where a waypoint takes what ztunnels send it. */
const HBONE = 15_008;

/** Clients call gateways themselves: nothing is redirected. What a waypoint holds is by service, behind one port for all. */
function gatewayPorts(enforcement: Enforcement, workload: Workload, dump: EnvoyDump): Seen['ports'] {
  const found = new Map<number, PortComparison>();
  if (dump.proxy.type === 'waypoint') {
    const chains = readWaypointChains(dump);
    const compared =
      workload.gateway?.kind === 'waypoint' && chains.length > 0
        ? compareWaypoint(enforcement, workload, chains)
        : { differences: [], jwt: [], policies: [], open: ['it holds no chains of a waypoint, or is none'] };
    const ports = workload.ports.map(({ port }) => port);
    const port = ports.includes(HBONE) ? HBONE : (ports[0] ?? HBONE);
    return found.set(port, { port, ...compared });
  }
  for (const { port } of workload.ports) {
    const chains = readGatewayChains(dump, port);
    if (chains.length > 0) found.set(port, compareGatewayPort(enforcement, workload, port, chains));
  }
  return found;
}

/** Every port that Envoy, or the configuration, has the gateway listen on. */
function servedPorts(enforcement: Enforcement, workload: Workload, dump: EnvoyDump): NonNullable<Seen['serving']> {
  const ports = new Set([...loadedPorts(dump), ...configuredPorts(enforcement, workload)]);
  return new Map(
    [...ports].sort((a, b) => a - b).map((port) => [port, compareServing(enforcement, workload, port, dump)]),
  );
}

function tlsOf({ tls: [difference], open }: ServingComparison): Shown {
  if (difference) return contradicts(difference.what);
  const why = open.find((each) => each === PATCHED || each === NOT_IN_INPUT);
  return why === undefined ? AGREES : { state: 'open', why };
}

function routesOf({ routes: [difference], open }: ServingComparison): Shown {
  if (difference) return contradicts(difference.what);
  return open.length > 0 ? { state: 'open', why: open.join('; ') } : AGREES;
}

function mtlsOf({ mtls }: PortComparison): Shown {
  if (!mtls) return { state: 'open', why: 'mutual TLS of a waypoint is that of its tunnel, and is not compared' };
  return mtls.same ? AGREES : contradicts(describeMode(mtls.loaded));
}

function tokensOf({ jwt, hiddenTokens: [hidden] = [] }: PortComparison): Shown {
  const [difference] = jwt;
  if (difference !== undefined) return contradicts(difference);
  return hidden === undefined ? AGREES : { state: 'open', why: hidden };
}

function policiesOf({ differences, jwt, open }: PortComparison): Shown {
  if (differences.length > 0) return contradicts('a proxy lets other requests through than its policies say');
  if (jwt.length > 0) return { state: 'open', why: 'policies read what tokens say, and the JWT rules differ' };
  return open.length > 0 ? { state: 'open', why: open.join('; ') } : AGREES;
}

/** Both together decide who gets in. */
function authorizationOf(compared: PortComparison): Shown {
  const tokens = tokensOf(compared);
  return tokens.state === 'agrees' ? policiesOf(compared) : tokens;
}
