import { requestOf } from '../../graph/request-of.ts';
import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy, AuthorizationRule } from '../../model/istio/authorization-policy.ts';
import type { Request } from '../../result/request.ts';
import { ruleFormula } from '../../semantics/algebra/clause-formula.ts';
import { all, type Formula, NOTHING, not } from '../../semantics/algebra/formula.ts';
import { type Region, regionsOf, regionsThrough } from '../../semantics/algebra/region.ts';
import { SearchLimit } from '../../semantics/algebra/strings/find-word.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import { queryOfModel } from '../../semantics/algebra/witness.ts';
import { compilePolicy } from '../../semantics/authz/compile.ts';
import { decide } from '../../semantics/decide.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Judged } from '../../semantics/judged.ts';
import { targetsOf } from '../../semantics/policy-index.ts';
import { addressOf, type Destination, type Query } from '../../semantics/query.ts';
import type { Effect } from './effect.ts';
import { isAboutOnly, selectedBy } from './narrow-scope.ts';
import { exactRule } from './operation-of.ts';
import type { Proposal } from './proposal.ts';

/** One port that a policy has a say in. */
interface Place {
  readonly workload: Workload;
  readonly port: WorkloadPort;
  readonly via?: NonNullable<Destination['via']>;
}

const MOST_PLACES = 60;

/**
 * What else a change of one policy turns, over all requests to the ports that it has a say in: the sets of what passes before and after,
 * without what was asked for. Undefined where sets do not say it all (gateways, addresses that are not known, a search given up).
 */
export function proveEffect(
  before: Enforcement,
  after: Enforcement,
  judged: Judged,
  query: Query,
  { resource, perPort }: Pick<Proposal, 'resource' | 'perPort'>,
  turnsTo: 'allow' | 'deny',
): Effect | undefined {
  const places = placesOf(before, judged, query, resource as AuthorizationPolicy);
  const exact = exactRule(judged);
  // Who shows no identity is nobody in particular: no set tells one such caller from another.
  if (!places || !exact.exact || !exact.source) return undefined;
  const operation = perPort ? { ports: exact.operation.ports ?? [] } : exact.operation;
  const asked = { caller: { from: [{ source: exact.source }] }, operation: { to: [{ operation }] } };
  try {
    const examples: Request[] = [];
    let nearby = false;
    for (const place of places) {
      const isOwn = place.workload === judged.workload || place.via !== undefined;
      const found = witnessesAt(before, after, place, isOwn ? asked : undefined, turnsTo);
      if (!found) return undefined;
      examples.push(...found);
      nearby ||= found.length > 0 && isOwn && (place.via !== undefined || place.port.port === judged.view.port);
    }
    return { basis: 'proven', looked: places.length, turned: examples.length, nearby, examples: examples.slice(0, 4) };
  } catch (error) {
    if (error instanceof SearchLimit) return undefined;
    throw error;
  }
}

function placesOf(
  { mesh }: Enforcement,
  judged: Judged,
  { destination }: Query,
  policy: AuthorizationPolicy,
): readonly Place[] | undefined {
  const { point, workload, service, view } = judged;
  if (point === 'waypoint') {
    const { via } = destination;
    const port = destination.workload.ports.find((each) => each.port === destination.port);
    const isClear = via && port && via.service === service && isAboutOnly(mesh, policy, judged);
    return isClear ? [{ workload: destination.workload, port, via }] : undefined;
  }
  if (point === 'gateway' || targetsOf(policy.spec).length > 0) return undefined;
  const selected = selectedBy(mesh, policy);
  if (selected.some(({ gateway }) => gateway !== undefined) || !selected.includes(workload)) return undefined;
  if (!workload.ports.some(({ port }) => port === view.port)) return undefined;
  const places = selected.flatMap((each) =>
    each.ports.filter(({ transport }) => transport === 'TCP').map((port): Place => ({ workload: each, port })),
  );
  return places.length > MOST_PLACES ? undefined : places;
}

interface Asked {
  readonly caller: AuthorizationRule;
  readonly operation: AuthorizationRule;
}

/** One request per kind of what turns at a port, each decided before and after; undefined: nothing can be said for certain. */
function witnessesAt(
  before: Enforcement,
  after: Enforcement,
  place: Place,
  asked: Asked | undefined,
  turnsTo: 'allow' | 'deny',
): readonly Request[] | undefined {
  const [from, to] = turnsTo === 'allow' ? [before, after] : [after, before];
  const earlier = waysTo(from, place);
  const found: Request[] = [];
  for (const way of waysTo(to, place)) {
    const same = earlier.find(({ transport, protocol }) => transport === way.transport && protocol === way.protocol);
    if (way.mayPass !== way.passes || (same && same.mayPass !== same.passes)) return undefined;
    const turns = all([way.passes, not(same?.passes ?? NOTHING)]);
    for (const part of asked ? besides(before, place, way, asked) : [[]]) {
      const formula = all([turns, ...part]);
      const model = way.solver.find(formula);
      if (!model) continue;
      const query = queryOfModel({ region: way, formula, model });
      const outcomes = [decide(before, query).outcome, decide(after, query).outcome];
      if (outcomes[0] === turnsTo || outcomes[1] !== turnsTo) return undefined;
      found.push(requestOf(query));
    }
  }
  return found;
}

function waysTo(enforcement: Enforcement, { workload, port, via }: Place): readonly Region[] {
  return via ? regionsThrough(enforcement, workload, port, via) : regionsOf(enforcement, workload, port);
}

/** Everything but what was asked, in three parts: the same caller, the same operation, and neither. */
function besides(
  enforcement: Enforcement,
  { workload, port, via }: Place,
  { transport, protocol }: Region,
  { caller, operation }: Asked,
): readonly (readonly Formula[])[] {
  const bundle = enforcement.bundleOf(enforcement.configOf(workload));
  const set = (rule: AuthorizationRule): Formula => {
    const policy = { namespace: workload.namespace, spec: { rules: [rule] } } as unknown as AuthorizationPolicy;
    const [compiled] = compilePolicy(policy, protocol, bundle).rules;
    if (!compiled) return NOTHING;
    return ruleFormula(compiled, {
      pool: symbolicOf(enforcement).pool,
      bundle,
      port: via?.port.port ?? port.port,
      identified: transport === 'mtls',
      destinationIp: addressOf({ workload }),
      claims: 'hidden',
      hasToken: NOTHING,
      header: (_name, sent) => sent,
    });
  };
  const [same, asked] = [set(caller), set(operation)];
  return [
    [same, not(asked)],
    [not(same), asked],
    [not(same), not(asked)],
  ];
}
