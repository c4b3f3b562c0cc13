import { type Mesh, type MeshService, serviceId, type Workload, type WorkloadPort } from '../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import type { Region } from '../semantics/algebra/region.ts';
import { regionsOf } from '../semantics/algebra/region.ts';
import { SearchLimit } from '../semantics/algebra/strings/find-word.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { targetsOf } from '../semantics/policy-index.ts';
import { type Idleness, judgeRegion, rulesOf } from './idleness.ts';
import { waysTo } from './reach/port-reach.ts';

export interface IdleRule {
  readonly kind: 'idle';
  readonly policy: AuthorizationPolicy;
  readonly index: number;
  /** At the first of `at`, and of the same kind or another at the rest. `never-matches` holds at all. */
  readonly why: Idleness;
  /** Ports at which that was proved: all that the policy applies to and a workload declares. */
  readonly at: readonly Place[];
  /** Ports that the rule names, at which it would decide if anything listened there; no workload declares them. */
  readonly unless: readonly number[];
}

interface Place {
  readonly workload: Workload;
  readonly port: WorkloadPort;
}

export type RuleJudgement =
  | IdleRule
  | { readonly kind: 'decides' }
  /** Nothing was proved, and why not. */
  | { readonly kind: 'not-judged'; readonly why: string };

/** By policy and index of the rule; policies that apply to no port are absent. */
export type RuleJudgements = ReadonlyMap<AuthorizationPolicy, ReadonlyMap<number, RuleJudgement>>;

/**
 * Which rules of AuthorizationPolicies decide something, proved on sets of requests: at every port, in every way to it, where the policy
 * applies. A rule without which every verdict would be the same is idle; one that decides at one port is not, however idle it is at others.
 * A sidecar and a ztunnel serve ports that nobody declares too, by the same rules (reference §9.1, buildInboundPassthroughChains), so that
 * the proof is asked there as well. Gateways have routes, and are not asked.
 */
export function judgeRules(enforcement: Enforcement): RuleJudgements {
  let judgements = KNOWN.get(enforcement);
  if (!judgements) {
    judgements = judgeAll(enforcement);
    KNOWN.set(enforcement, judgements);
  }
  return judgements;
}

const KNOWN = new WeakMap<Enforcement, RuleJudgements>();

/** The rules that change no verdict. */
export function findIdleRules(enforcement: Enforcement): readonly IdleRule[] {
  return [...judgeRules(enforcement).values()].flatMap((rules) =>
    [...rules.values()].filter((rule): rule is IdleRule => rule.kind === 'idle'),
  );
}

interface Growing extends IdleRule {
  readonly at: Place[];
  readonly unless: number[];
}

type Found = Map<AuthorizationPolicy, Map<number, Growing | Exclude<RuleJudgement, IdleRule>>>;

const DECIDES = { kind: 'decides' } as const;

function judgeAll(enforcement: Enforcement): RuleJudgements {
  const found: Found = new Map();
  for (const workload of enforcement.mesh.workloads) {
    if (workload.dataPlane.kind === 'gateway') skipGateway(enforcement, workload, found);
    else judgeWorkload(enforcement, workload, found);
  }
  for (const [policy, rules] of found) {
    const why = unseen(enforcement, policy);
    if (why !== undefined) for (const index of rules.keys()) rules.set(index, { kind: 'not-judged', why });
  }
  return found;
}

function skipGateway(enforcement: Enforcement, workload: Workload, found: Found): void {
  if (workload.gateway?.kind === 'waypoint') return;
  const why = `it applies at gateway ${workload.id}, whose routes are not proved`;
  for (const policy of enforcement.envoy(workload).authorization) {
    for (const index of (policy.spec.rules ?? []).keys())
      rulesFor(found, policy).set(index, { kind: 'not-judged', why });
  }
}

/** At a waypoint the policy is asked about services; those that lead elsewhere than to ambient pods of the input are not seen here. */
function unseen({ mesh }: Enforcement, { spec, cluster, namespace }: AuthorizationPolicy): string | undefined {
  for (const { kind, name } of targetsOf(spec)) {
    if (kind !== 'Service') return `it applies to a ${kind}, of which not everything is seen`;
    const service = servicesByName(mesh).get(serviceId(cluster, namespace, name ?? ''));
    const workloads = service?.workloads.map((id) => mesh.workloadById.get(id)) ?? [];
    if (workloads.length === 0 || workloads.some((workload) => workload?.dataPlane.kind !== 'ambient'))
      return `it applies to Service ${namespace}/${name}, which leads elsewhere than to ambient pods of the input`;
  }
  return undefined;
}

const SERVICES = new WeakMap<Mesh, ReadonlyMap<string, MeshService>>();

/** By cluster, namespace and name; of several of one name the first. */
function servicesByName(mesh: Mesh): ReadonlyMap<string, MeshService> {
  let services = SERVICES.get(mesh);
  if (!services) {
    const inTurn = mesh.services.map(
      (service) => [serviceId(service.cluster, service.namespace, service.name), service] as const,
    );
    services = new Map(inTurn.reverse());
    SERVICES.set(mesh, services);
  }
  return services;
}

function judgeWorkload(enforcement: Enforcement, workload: Workload, found: Found): void {
  const policies = new Set<AuthorizationPolicy>();
  for (const port of workload.ports) {
    for (const region of waysTo(enforcement, workload, port)) {
      for (const { policy } of rulesOf(region)) policies.add(policy);
      judgeAt(found, region, { workload, port });
    }
  }
  // What decides somewhere is settled: only what may be idle is asked about further.
  if (![...policies].some((policy) => [...rulesFor(found, policy).values()].some(({ kind }) => kind === 'idle')))
    return;
  const declared = new Set(workload.ports.filter(({ transport }) => transport === 'TCP').map(({ port }) => port));
  const named = new Set([...policies].flatMap((policy) => [...portsOf(policy).all]));
  let free = 65535;
  while (declared.has(free) || named.has(free)) free--;
  for (const port of [...[...named].filter((number) => !declared.has(number)), free]) {
    for (const region of regionsOf(enforcement, workload, { port, transport: 'TCP', chain: 'auto' })) {
      judgeAt(found, region, port);
    }
  }
}

/** Joins what a rule does in one way to a port with what it does elsewhere; a number is a port that nobody declares. */
function judgeAt(found: Found, region: Region, at: Place | number): void {
  if (rulesOf(region).every(({ policy, index }) => found.get(policy)?.get(index)?.kind === 'decides')) return;
  for (const [{ policy, index }, why] of judged(region)) {
    const rules = rulesFor(found, policy);
    const known = rules.get(index);
    if (why === 'gave-up') {
      rules.set(index, { kind: 'not-judged', why: 'the search for a request was given up' });
    } else if (known && known.kind !== 'idle') {
    } else if (typeof at === 'number') {
      if (why) continue;
      if (!known || !portsNamed(policy, index).has(at)) rules.set(index, DECIDES);
      else if (!known.unless.includes(at)) known.unless.push(at);
    } else if (!why) {
      rules.set(index, DECIDES);
    } else if (!known) {
      rules.set(index, { kind: 'idle', policy, index, why, at: [at], unless: [] });
    } else {
      // Ports come one after the other.
      const isNew = known.at.at(-1)?.port !== at.port;
      if (known.why.kind === 'never-matches' && why.kind !== 'never-matches') {
        const others = isNew ? known.at : known.at.slice(0, -1);
        rules.set(index, { ...known, why, at: [at, ...others] });
        continue;
      }
      // In one way a condition may be out of reach (an identity in plaintext); two that exclude each other say more.
      if (saysMore(why, known.why)) rules.set(index, { ...known, why });
      if (isNew && known.at[0]?.port !== at.port) known.at.push(at);
    }
  }
}

function saysMore(why: Idleness, known: Idleness): boolean {
  if (why.kind !== 'never-matches' || known.kind !== 'never-matches') return false;
  return (why.because?.conditions.length ?? 0) > (known.because?.conditions.length ?? 0);
}

function judged(
  region: Region,
): Iterable<readonly [ReturnType<typeof rulesOf>[number], Idleness | undefined | 'gave-up']> {
  try {
    return judgeRegion(region);
  } catch (error) {
    if (!(error instanceof SearchLimit)) throw error;
    return rulesOf(region).map((rule) => [rule, 'gave-up']);
  }
}

function rulesFor(found: Found, policy: AuthorizationPolicy): NonNullable<ReturnType<Found['get']>> {
  const rules = found.get(policy) ?? new Map<number, Growing | Exclude<RuleJudgement, IdleRule>>();
  found.set(policy, rules);
  return rules;
}

interface NamedPorts {
  readonly all: ReadonlySet<number>;
  /** By rule, without those that it excepts. */
  readonly wanted: readonly ReadonlySet<number>[];
}

const PORTS = new WeakMap<AuthorizationPolicy, NamedPorts>();

function portsOf(policy: AuthorizationPolicy): NamedPorts {
  let ports = PORTS.get(policy);
  if (!ports) {
    const rules = (policy.spec.rules ?? []).map(({ to = [], when = [] }) => {
      const conditions = when.filter(({ key }) => key === 'destination.port');
      return {
        wanted: [
          ...to.flatMap(({ operation }) => operation?.ports ?? []),
          ...conditions.flatMap(({ values }) => values ?? []),
        ],
        excepted: [
          ...to.flatMap(({ operation }) => operation?.notPorts ?? []),
          ...conditions.flatMap(({ notValues }) => notValues ?? []),
        ],
      };
    });
    ports = {
      all: new Set(rules.flatMap(({ wanted, excepted }) => [...wanted, ...excepted]).map(Number)),
      wanted: rules.map(({ wanted }) => new Set(wanted.map(Number))),
    };
    PORTS.set(policy, ports);
  }
  return ports;
}

/** Ports that a rule is written for; none: for all. */
export const portsNamed = (policy: AuthorizationPolicy, index: number): ReadonlySet<number> =>
  portsOf(policy).wanted[index] ?? new Set();
