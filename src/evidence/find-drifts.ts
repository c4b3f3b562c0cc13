import type { Workload } from '../model/inventory/types.ts';
import type { EnvoyDump } from '../model/observation/envoy-dump.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { modeOfPort } from '../semantics/mtls/effective-mode.ts';
import type { PortComparison } from './envoy/compare-port.ts';
import type { ServingComparison } from './envoy/compare-serving.ts';
import type { Drift, SeenProxy } from './evidence.ts';
import { causesOf, describePolicies, missingPolicies } from './explain-drift.ts';
import type { Seen } from './looked-into.ts';

export const describeMode = ({ mode, trustDomains }: NonNullable<PortComparison['mtls']>['loaded']): string =>
  `a proxy holds ${mode}${trustDomains.length > 0 ? ` for ${trustDomains.join(', ')}` : ''}`;

/** Every difference once, with all proxies that show it. */
export function findDrifts(enforcement: Enforcement, workload: Workload, seen: readonly Seen[]): readonly Drift[] {
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
  for (const compared of seen.serving?.values() ?? [])
    drifts.push(...servingDrifts(enforcement, workload, dump, compared, proxy));
  for (const compared of seen.ports.values()) drifts.push(...portDrifts(enforcement, workload, dump, compared, proxy));
  return drifts;
}

function servingDrifts(
  enforcement: Enforcement,
  workload: Workload,
  dump: EnvoyDump,
  { port, tls, routes }: ServingComparison,
  proxy: SeenProxy,
): readonly Drift[] {
  const causes = causesOf(enforcement, workload, dump, 'serving');
  return [...tls, ...routes].map((difference) => ({
    kind: 'serving',
    workload,
    port,
    ...difference,
    causes,
    proxies: [proxy],
  }));
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
  if (mtls && !mtls.same) {
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

/** Of modes, the weakest first. */
export const rankOf = (mode: string): number => ['DISABLE', 'PERMISSIVE', 'STRICT'].indexOf(mode);
