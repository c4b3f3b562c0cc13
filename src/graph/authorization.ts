import type { Workload, WorkloadPort } from '../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import type { By } from '../result/location.ts';
import { waypointOf, waypointPolicies } from '../semantics/ambient/waypoint.ts';
import { isDryRun } from '../semantics/authz/dry-run.ts';
import { isCaptured } from '../semantics/capture.ts';
import type { Enforcement, EnvoyPolicies } from '../semantics/enforcement.ts';
import { targetsOf } from '../semantics/policy-index.ts';
import { waysThrough } from './ways-through.ts';
import type { AuthorizationFact } from './facts.ts';
import { findOpening, type Opening } from './opening.ts';

type Posture = Pick<AuthorizationFact, 'posture' | 'why' | 'heldBy' | 'opening'> & { readonly openRule?: By };

/** What authorization comes to on one port: posture, the rule that opens it, and what holds such a rule back. */
export function authorizationOf(enforcement: Enforcement, workload: Workload, port: WorkloadPort): AuthorizationFact {
  const nothing = {
    policies: [],
    dryRun: [],
    requestAuthentication: [],
    heldBy: [],
    opening: { kind: 'closed' },
  } as const;
  const captured = isCaptured(workload, port.port, port.transport);
  const unenforced = captured.captured
    ? notListening(workload, port)
    : `no proxy enforces anything here: ${captured.why}`;
  if (unenforced !== undefined)
    return { ...nothing, posture: 'none', status: workload.dataPlane.status, why: unenforced };
  const attached = policiesAt(enforcement, workload, port);
  const lists = {
    policies: attached.authorization.filter((policy) => !isDryRun(policy)),
    dryRun: attached.authorization.filter(isDryRun),
    requestAuthentication: attached.requestAuthentication,
  };
  const posture = postureOf(enforcement, workload, port, lists.policies);
  const touched = enforcement.patchesOf(workload);
  if (touched.length > 0) {
    const names = touched.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`).join(', ');
    return {
      ...lists,
      ...posture,
      posture: 'conditional',
      status: 'UNKNOWN',
      why: `${names} may change what is enforced; without it: ${posture.why}`,
    };
  }
  return { ...lists, ...posture, status: workload.dataPlane.status };
}

/** A gateway's pods listen where a Gateway has a server, whatever their Service names. */
export function notListening({ dataPlane, gateway }: Workload, { declaredBy }: WorkloadPort): string | undefined {
  if (dataPlane.kind !== 'gateway' || gateway?.kind === 'waypoint') return undefined;
  return declaredBy === 'gateway' || declaredBy === 'listener'
    ? undefined
    : 'no Gateway has a server on this port, so nothing listens';
}

/** Everything that is attached to a workload's own proxy, or at ztunnel to the pod and at waypoints to its services; dry-run included. */
function policiesAt(
  enforcement: Enforcement,
  workload: Workload,
  port: WorkloadPort,
): Pick<EnvoyPolicies, 'authorization' | 'requestAuthentication'> {
  if (workload.dataPlane.kind !== 'ambient') return enforcement.envoy(workload);
  const { allow, deny, considered } = enforcement.ztunnel(workload);
  // Policies for a waypoint or service select no pod, though they name no selector either.
  const sources = new Set<unknown>([...deny, ...allow].map(({ source }) => source));
  const shadows = considered.filter((policy) => isDryRun(policy) && targetsOf(policy.spec).length === 0);
  const atPod = considered.filter((policy) => sources.has(policy));
  const waypoints = waysThrough(enforcement, port).flatMap((via) => {
    const waypoint = waypointOf(enforcement, via.service);
    return waypoint
      ? [waypointPolicies(enforcement, { destination: { workload, port: port.port, via } }, waypoint)]
      : [];
  });
  return {
    authorization: [...new Set([...atPod, ...shadows, ...waypoints.flatMap(({ authorization }) => authorization)])],
    // What selects the pod alone has no effect: ztunnel reads no RequestAuthentication.
    requestAuthentication: [...new Set(waypoints.flatMap(({ requestAuthentication }) => requestAuthentication))],
  };
}

function postureOf(
  enforcement: Enforcement,
  workload: Workload,
  port: WorkloadPort,
  policies: readonly AuthorizationPolicy[],
): Posture {
  const opening = findOpening(enforcement, workload, port);
  const base = { opening, heldBy: opening.kind === 'held' ? opening.heldBy : [], ...openRuleOf(opening) };
  const deciding = policies.filter(({ spec }) => spec.action !== 'AUDIT');
  if (deciding.length === 0) return { ...base, posture: 'none', why: 'no AuthorizationPolicy applies' };
  if (opening.kind === 'held') {
    return {
      ...base,
      posture: 'restricted',
      why: `${nameOf(opening.openRule)} allows anyone, and ${opening.heldBy.map(describe).join(', ')} still decides`,
    };
  }
  if (opening.kind === 'open' && opening.by) {
    const who = opening.callers === 'anyone' ? 'anyone' : 'any mesh identity';
    const rule = `${nameOf(opening.by)} rule ${(opening.by.rule ?? 0) + 1}`;
    if (opening.part !== undefined)
      return { ...base, posture: 'restricted', why: `${rule} allows ${who} on ${opening.part}` };
    if (opening.conditions.length > 0)
      return {
        ...base,
        posture: 'restricted',
        why: `${rule} allows ${who} who sends ${opening.conditions.join(' and ')}`,
      };
    return { ...base, posture: 'allow-any', why: `${rule} allows ${who} on the whole port` };
  }
  if (admitsNothing(enforcement, workload, port))
    return { ...base, posture: 'deny-all', why: 'ALLOW policies apply and no rule of them can match here' };
  const names = (['ALLOW', 'DENY', 'CUSTOM'] as const).flatMap((action) => {
    const list = deciding.filter(({ spec }) => (spec.action ?? 'ALLOW') === action);
    return list.length > 0 ? [`${action} ${list.map(({ namespace, name }) => `${namespace}/${name}`).join(', ')}`] : [];
  });
  return { ...base, posture: 'restricted', why: names.join('; ') };
}

function openRuleOf(opening: Opening): { readonly openRule?: By } {
  if (opening.kind === 'held') return { openRule: opening.openRule };
  return opening.kind === 'open' && opening.by ? { openRule: opening.by } : {};
}

/** ALLOW policies are attached, and on no chain of the port is a rule left of them that this port could match. */
function admitsNothing(enforcement: Enforcement, workload: Workload, port: WorkloadPort): boolean {
  if (workload.dataPlane.kind === 'ambient') {
    const { allow } = enforcement.ztunnel(workload);
    return allow.length > 0 && allow.every(({ groups }) => groups.length === 0);
  }
  const { http, tcp } = enforcement.envoy(workload);
  const chains = port.chain === 'http' ? [http] : port.chain === 'tcp' ? [tcp] : [http, tcp];
  return chains.every(
    ({ allow }) =>
      allow.length > 0 && allow.every(({ rules }) => rules.every((rule) => isForOtherPorts(rule, port.port))),
  );
}

/** Every way to match the rule names other ports. */
function isForOtherPorts(
  { to, when }: { readonly to: readonly (readonly PortClause[])[] | null; readonly when: readonly PortClause[] },
  port: number,
): boolean {
  const excludes = ({ field, values, negated }: PortClause): boolean =>
    (field === 'ports' || field === 'notPorts' || field === 'destination.port') &&
    values.includes(String(port)) === negated;
  return when.some(excludes) || (to?.every((clauses) => clauses.some(excludes)) ?? false);
}

interface PortClause {
  readonly field: string;
  readonly values: readonly string[];
  readonly negated: boolean;
}

const nameOf = ({ namespace, name }: By): string => `${namespace}/${name}`;
const describe = ({ kind, namespace, name }: By): string => `${kind} ${namespace}/${name}`;
