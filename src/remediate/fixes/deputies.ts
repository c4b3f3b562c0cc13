import type { Hop } from '../../graph/attack/attack-path.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { indexGateways } from '../../semantics/gateway/index-gateways.ts';
import type { InternetRoute } from '../../semantics/gateway/routes-of.ts';
import type { Problem } from '../candidate.ts';

/** What serves, or lets in: a RequestAuthentication behind it is for another fix. */
const SERVERS: ReadonlySet<string> = new Set([
  'Gateway',
  'KubernetesGateway',
  'ListenerSet',
  'Ingress',
  'AuthorizationPolicy',
]);

/** A gateway as it serves what hops lead to. */
export interface Deputy {
  readonly gateway: Workload;
  /** Routes of the ports by which one gets to what hops lead to. */
  readonly routes: readonly InternetRoute[];
  /** Its own ports, after `targetPort`. */
  readonly ports: readonly number[];
  /** Other ports that Gateways make it listen on. */
  readonly others: readonly number[];
  /** All that stands behind these ports. */
  readonly behind: readonly Workload[];
  readonly targets: readonly Workload[];
}

export function deputiesOf(facts: Facts, { cause, hops }: Problem): readonly Deputy[] {
  if (!SERVERS.has(cause.kind)) return [];
  const targets = new Map<Workload, Set<Workload>>();
  for (const hop of hops) {
    const passage = passageOf(hop);
    if (!passage) continue;
    targets.set(passage.gateway, (targets.get(passage.gateway) ?? new Set()).add(passage.target));
  }
  return [...targets]
    .map(([gateway, own]) => deputyOf(facts, gateway, [...own]))
    .sort((a, b) => (a.gateway.id < b.gateway.id ? -1 : 1));
}

function passageOf({ pivot, from, to }: Hop): { readonly gateway: Workload; readonly target: Workload } | undefined {
  if (pivot !== 'route' || from.kind !== 'workload' || to.kind !== 'workload') return undefined;
  return { gateway: from.workload, target: to.workload };
}

function deputyOf({ enforcement, entrances }: Facts, gateway: Workload, targets: readonly Workload[]): Deputy {
  const own = entrances.routes.filter((route) => route.gateway === gateway && !route.mirrored);
  const leading = own.filter(({ workloads }) => workloads.some(({ workload }) => targets.includes(workload)));
  const ports = new Set(leading.map(({ listener }) => listener.port));
  const routes = own.filter(({ listener }) => ports.has(listener.port));
  const listeners = indexGateways(enforcement).byWorkload.get(gateway)?.listeners ?? [];
  const all = new Set(listeners.map(({ port }) => port));
  return {
    gateway,
    routes,
    ports: [...ports].sort((a, b) => a - b),
    others: [...all].filter((port) => !ports.has(port)).sort((a, b) => a - b),
    behind: [...new Set(routes.flatMap(({ workloads }) => workloads.map(({ workload }) => workload)))],
    targets,
  };
}

/** Who has a reason to call a gateway: stated for it, or for what it leads to. Other gateways only where their routes lead to it. */
export function callersOf({ mesh, wanted }: Facts, { gateway, behind }: Deputy): readonly Workload[] {
  const asked = wanted.to(gateway).map(({ from }) => from);
  const around = behind.flatMap((workload) => wanted.to(workload)).filter(({ basis }) => basis !== 'implied');
  const own = [...asked, ...around.map(({ from }) => from)].flatMap((id) =>
    id === 'internet' || id === gateway.id ? [] : (mesh.workloadById.get(id) ?? []),
  );
  return [...new Set(own)].filter((caller) => caller.dataPlane.kind !== 'gateway' || asked.includes(caller.id));
}

/** Stated for the gateway, or for all that it leads to: there somebody else has to be named than the gateway itself. */
export const isKnown = (facts: Facts, deputy: Deputy): boolean =>
  facts.wanted.isStated(deputy.gateway) ||
  (deputy.behind.every((workload) => facts.wanted.isStated(workload)) && callersOf(facts, deputy).length > 0);

/** Whether it takes nobody without a certificate of the mesh on these ports. */
export const asksForIdentity = ({ routes }: Deputy): boolean =>
  routes.every(({ query }) => query.tls?.clientCert?.principal !== undefined);

const namesOf = (workloads: readonly Workload[]): string => workloads.map(({ id }) => id).join(', ');

/** Why nothing at a gateway can tell its callers apart: it is there for everybody outside. */
export function meantForOutside(facts: Facts, { gateway, targets }: Deputy): string | undefined {
  return facts.wanted.to(gateway).some(({ from }) => from === 'internet')
    ? `${gateway.id} has to be reached from outside, so that its port tells nobody apart: ask for a token at ${namesOf(targets)}, or serve them by a gateway of their own`
    : undefined;
}

/** Why nobody can say whom a gateway is to admit. */
export const callersUnknown = (facts: Facts, deputy: Deputy): string | undefined =>
  isKnown(facts, deputy)
    ? undefined
    : `nobody said who calls ${deputy.gateway.id}, which asks ${namesOf(deputy.targets)} for anybody: declare its callers as \`wanted\``;
