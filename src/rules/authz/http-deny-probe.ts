import { strangerOf } from '../../semantics/stranger.ts';
import { ANONYMOUS, type Answer, bearerOf, type Question } from '../../graph/ask.ts';
import type { Principal, Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { Path } from '../../model/resource.ts';
import type { Clause, CompiledPolicy, CompiledRule } from '../../semantics/authz/compile.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Source } from '../../semantics/query.ts';
import type { Sample } from '../../semantics/sample.ts';

/** What a DENY with HTTP fields really does at a port where they cannot be evaluated, with the request that shows it. */
export interface DenyEffect {
  readonly policy: AuthorizationPolicy;
  /** The first rule of which it is true, and the place in it. */
  readonly rule: number;
  readonly path: Path;
  readonly point: 'sidecar' | 'gateway' | 'waypoint' | 'ztunnel';
  /**
   * `blocks`: refuses whatever is sent there; `blocks-non-http`: refuses what is no HTTP, and judges HTTP as written; `no-effect`: refuses nothing;
   * `blocks-more`: refuses requests that it does not name.
   */
  readonly kind: 'blocks' | 'blocks-non-http' | 'no-effect' | 'blocks-more';
  readonly fields: readonly string[];
  /** Whom it is about: `anyone`, or the conditions on the caller that are left. */
  readonly who: string;
  readonly question: Question;
  /** Of `no-effect`: allowed, although the policy names it, or refused by something else. Otherwise: refused by the policy. */
  readonly answer: Answer;
}

export interface DenyEffects {
  readonly effects: readonly DenyEffect[];
  /** Policies with HTTP fields that are there to deny at this port, whatever they do. */
  readonly policies: readonly AuthorizationPolicy[];
}

/** Callers that a sample stands for: those it names, else anybody, first with and then without an identity. */
export function callersLike(enforcement: Enforcement, workload: Workload, { peer, peers }: Sample): readonly Source[] {
  const trustDomain = enforcement.configOf(workload).trustDomain.value;
  if (peer === null) return [ANONYMOUS];
  if (peer === undefined) return [bearerOf(strangerOf(trustDomain)), ANONYMOUS];
  // A sample fills in the default trust domain where the policy names none.
  const own = (name: Principal): Principal => name.replace(/^cluster\.local\//, `${trustDomain}/`) as Principal;
  return [...new Set((peers ?? [peer]).flatMap((name) => [own(name), name]))].slice(0, 8).map(bearerOf);
}

/** Whether the clauses of an alternative leave a port in. */
function reachesPort(clauses: readonly Clause[], port: number): boolean {
  return clauses.every(({ field, values, negated }) => {
    if (field !== 'ports' && field !== 'notPorts' && field !== 'destination.port') return true;
    return values.includes(String(port)) !== negated;
  });
}

/** The alternatives of a rule's `to` that are about a port, by their index; `any` where the rule has none. */
export function operationsAt(rule: CompiledRule, port: number): readonly number[] | 'any' | 'none' {
  if (!reachesPort(rule.when, port)) return 'none';
  if (!rule.to) return 'any';
  const found = rule.to.flatMap((clauses, index) => (reachesPort(clauses, port) ? [index] : []));
  return found.length > 0 ? found : 'none';
}

/** The conditions on the caller that a rule has left. */
export function callersOf({ from }: CompiledRule): string {
  if (!from || from.some((clauses) => clauses.length === 0)) return 'anyone';
  return from
    .map((clauses) => clauses.map(({ field, values }) => `${field} ${values.join(', ')}`).join(' and '))
    .join(', or ');
}

/** The policy itself refused it. */
export function isRefusedBy(
  { verdict }: Answer,
  policy: Pick<CompiledPolicy['policy'], 'namespace' | 'name'>,
): boolean {
  const stopped = verdict.trace.find(({ stage, outcome }) => stage === 'deny' && outcome === 'stop');
  return verdict.outcome === 'deny' && stopped?.by?.namespace === policy.namespace && stopped.by.name === policy.name;
}
