import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Drift } from '../evidence.ts';
import type { ZtunnelComparison } from './compare-ztunnel.ts';
import { policiesFor } from './compare-ztunnel.ts';
import type { SeenAtZtunnel } from './seen-at-ztunnel.ts';

/** Every difference once, with all pods that show it. What ztunnels hold goes before what istiod says that they would get. */
export function findZtunnelDrifts(
  enforcement: Enforcement,
  workload: Workload,
  seen: readonly SeenAtZtunnel[],
): readonly Drift[] {
  const dumped = seen.filter(({ view }) => view.from.kind === 'ztunnel-config-dump');
  const found = new Map<string, Drift>();
  for (const each of dumped.length > 0 ? dumped : seen) {
    for (const drift of driftsOf(enforcement, workload, each)) {
      const key = `${drift.kind} ${drift.port} ${drift.what}`;
      const known = found.get(key);
      found.set(key, known ? { ...known, proxies: [...known.proxies, ...drift.proxies] } : drift);
    }
  }
  return [...found.values()];
}

function driftsOf(enforcement: Enforcement, workload: Workload, seen: SeenAtZtunnel): readonly Drift[] {
  const { uncaptured, ports, waypoints, proxy, view } = seen;
  const isDump = view.from.kind === 'ztunnel-config-dump';
  const common = { workload, proxies: [proxy], holder: isDump ? 'ztunnel' : 'istiod' } as const;
  const stale = isDump ? STALE : 'istiod has not seen what was applied last';
  const drifts: Drift[] = [];
  if (uncaptured !== undefined) {
    const causes = [
      'the CNI agent of the node did not redirect the pod: it has no annotation `ambient.istio.io/redirection: enabled`',
      'the pod was there before its namespace was labelled, or runs without the label that the input has',
      stale,
    ];
    drifts.push({ ...common, kind: 'not-captured', looser: 'proxy', what: uncaptured, causes });
  }
  for (const { same, looser, what } of waypoints) {
    if (same) continue;
    const causes = [
      'the label `istio.io/use-waypoint` in the cluster is another than in the input',
      'the waypoint is not ready, or its Gateway does not take in the namespace (`allowedRoutes`)',
      stale,
    ];
    drifts.push({ ...common, kind: 'not-captured', past: 'waypoint', ...(looser ? { looser } : {}), what, causes });
  }
  for (const compared of ports)
    drifts.push(
      ...portDrifts(enforcement, workload, seen, compared).map((drift) => ({
        ...common,
        ...drift,
        causes: [...drift.causes, stale],
      })),
    );
  return drifts;
}

const STALE = 'a stale ztunnel: it has not taken what is newest (see `istioctl proxy-status`)';

type PortDrift = Pick<Drift, 'kind' | 'port' | 'looser' | 'what' | 'missing' | 'witness' | 'causes'>;

function portDrifts(
  enforcement: Enforcement,
  workload: Workload,
  { entry, view }: SeenAtZtunnel,
  { port, mode, differences }: ZtunnelComparison,
): readonly PortDrift[] {
  const drifts: PortDrift[] = [];
  const names = namesOf(enforcement, workload, { entry, view });
  if (!mode.same) {
    drifts.push({
      kind: 'mutual-tls',
      port,
      looser: mode.loaded === 'PERMISSIVE' ? 'proxy' : 'configuration',
      what: `ztunnel holds ${mode.loaded}, and the configuration comes to ${mode.configured}`,
      causes: [
        ...names.unsent.map((name) => `the pod names ${name}, of which nothing is there: ztunnel passes it over`),
        'a PeerAuthentication that differs between the cluster and the input, or of another age',
        ...skewed(enforcement, view.from),
      ],
    });
  }
  const [first] = [...differences].sort((a, b) => (a.passes === b.passes ? 0 : a.passes === 'proxy' ? -1 : 1));
  if (first) {
    const { missing, extra } = names;
    const told = missing.map(nameOf).join(', ');
    drifts.push({
      kind: 'policies',
      port,
      looser: first.passes,
      what: `ztunnel ${effectOf(differences)}: ${howOf(told, extra.join(', '))}`,
      missing,
      witness: first.witness,
      causes: [
        ...(missing.length > 0 ? [`${told} is not applied to the cluster, or is there with \`istio.io/dry-run\``] : []),
        ...(extra.length > 0 ? [`${extra.join(', ')} is in the cluster and not in the input`] : []),
        ...skewed(enforcement, view.from),
        'selection: the running pod has other labels than the input',
      ],
    });
  }
  return drifts;
}

function effectOf(differences: ZtunnelComparison['differences']): string {
  const sides = new Set(differences.map(({ passes }) => passes));
  if (sides.size > 1) return 'lets some connections through that the policies refuse, and refuses some that they allow';
  return sides.has('proxy')
    ? 'lets connections through that the policies refuse'
    : 'refuses connections that the policies allow';
}

function howOf(missing: string, extra: string): string {
  const parts = [
    ...(missing === '' ? [] : [`it holds nothing of ${missing}`]),
    ...(extra === '' ? [] : [`it holds ${extra}, which the input does not attach`]),
  ];
  return parts.length > 0 ? parts.join('; ') : 'its rules are others, under the same names';
}

const nameOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
  `${namespace}/${name}`;

function namesOf(enforcement: Enforcement, workload: Workload, { entry, view }: Pick<SeenAtZtunnel, 'entry' | 'view'>) {
  const { deny, allow } = enforcement.ztunnel(workload);
  const held = view.held ?? [];
  const applying = new Set(policiesFor(entry, held).policies.map(({ key }) => key));
  const attached = [...deny, ...allow].map(({ source }) => source as AuthorizationPolicy);
  const keys = new Set(held.map(({ key }) => key));
  return {
    missing: attached.filter((policy) => !applying.has(nameOf(policy))),
    extra: [...applying].filter((key) => !attached.some((policy) => nameOf(policy) === key)).sort(),
    /** Named by the pod, and not there. */
    unsent: entry.policies.filter((key) => !keys.has(key)),
  };
}

const minor = (version: string): string => version.split('.').slice(0, 2).join('.');

function skewed({ mesh }: Enforcement, from: SeenAtZtunnel['view']['from']): readonly string[] {
  const own = from.kind === 'ztunnel-config-dump' ? from.version : undefined;
  const version = mesh.version?.value;
  return own !== undefined && version !== undefined && minor(own) !== minor(version)
    ? [`revision skew: ztunnel is of Istio ${own}, the control plane of ${version}`]
    : [];
}
