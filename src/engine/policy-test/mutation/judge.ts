import { withPolicies } from '../../../graph/apply.ts';
import type { Facts } from '../../../graph/facts.ts';
import { gatewaysOf, workloadsOf } from '../../../graph/mutation/attached.ts';
import type { Mutant } from '../../../graph/mutation/mutant.ts';
import type { Faulty, Turned } from '../../../graph/mutation/turned.ts';
import { turnedBy } from '../../../graph/mutation/turned-by.ts';
import type { Principal } from '../../../model/inventory/types.ts';
import type { Request } from '../../../result/request.ts';
import { SENSITIVITIES } from '../../../result/status.ts';
import type { Enforcement } from '../../../semantics/enforcement.ts';
import { answerRequest } from '../../answer-request.ts';
import { type Case, holdsCase } from '../run.ts';
import type { Watch } from './watchers.ts';

/** What came of one fault. */
export type Judged = { readonly mutant: Mutant } & Outcome;

type Outcome =
  | { readonly kind: 'killed'; readonly noticedBy: string }
  /** Proven over all requests. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'survived'; readonly turned: Turned; readonly proposal?: Case }
  /** No request was found that it turns, which proves nothing. */
  | { readonly kind: 'unsettled'; readonly why: string };

/** Puts one fault into the mesh: does somebody notice, and if nobody does, what would it turn, and which case would have noticed? */
export function judge(facts: Facts, mutant: Mutant, watch: Watch): Judged {
  const { enforcement } = facts;
  const noticedBy = watch.passed > 0 ? watch.whoNotices(withPolicies(enforcement, mutant.change)) : undefined;
  return { mutant, ...(noticedBy === undefined ? search(facts, mutant) : { kind: 'killed', noticedBy }) };
}

/** So many requests are put as a case before it is given up. */
const MOST_TRIED = 40;

function search(facts: Facts, mutant: Mutant): Outcome {
  const states: Faulty = { before: facts.enforcement, after: withFault(facts.enforcement, mutant) };
  const doubts: string[] = [];
  const first = (workload: Parameters<Facts['sensitivity']>[0]): number =>
    SENSITIVITIES.indexOf(facts.sensitivity(workload).level);
  let seen: Turned | undefined;
  let tried = 0;
  for (const turned of turnedBy(states, mutant, { first, doubt: (why) => doubts.push(why) })) {
    seen ??= turned;
    for (const request of waysToPut(states.before, turned.request)) {
      const proposal = caseOf(states, mutant, { ...turned, request });
      if (proposal) return { kind: 'survived', turned: { ...turned, request }, proposal };
    }
    if (++tried === MOST_TRIED) break;
  }
  if (seen) return { kind: 'survived', turned: seen };
  const [why] = doubts;
  return why === undefined ? { kind: 'idle' } : { kind: 'unsettled', why };
}

/**
 * The mesh with a fault. Where nothing but the ports of some workloads can be turned, policies of other namespaces are left out: attackers are
 * asked about, whose own proxies have no say. Behind gateways, and for NetworkPolicies, requests lead anywhere.
 */
export function withFault(enforcement: Enforcement, { resource, change }: Mutant): Enforcement {
  const { mesh, rootNamespace } = enforcement;
  const isWide = resource.kind === 'NetworkPolicy' || resource.namespace === rootNamespace;
  if (isWide || gatewaysOf(enforcement, resource).length > 0) return withPolicies(enforcement, change);
  const waypoints = mesh.workloads.filter(({ dataPlane }) => dataPlane.kind === 'gateway');
  const touched = [...waypoints, ...workloadsOf(enforcement, resource)];
  return withPolicies(enforcement, change, [resource.namespace, ...touched.map(({ namespace }) => namespace)]);
}

/** Whoever holds an identity says more to a reader than the identity. */
function waysToPut({ mesh }: Enforcement, request: Request): readonly Request[] {
  const { principal, ...rest } = request.from;
  const [holder] = mesh.identities.get(principal as Principal) ?? [];
  return holder ? [{ ...request, from: { workload: holder.id, as: 'attacker', ...rest } }, request] : [request];
}

/** The request with today's answer, if it gets that today and another one with the fault. */
function caseOf({ before, after }: Faulty, { by, resource }: Mutant, { effect, request }: Turned): Case | undefined {
  const answered = answerRequest(before, request);
  if ('error' in answered) return undefined;
  const place = by.clause ?? (by.rule === undefined ? '' : `rule ${by.rule}`);
  const where = by.clause !== undefined && by.rule !== undefined ? `rule ${by.rule} ${place}` : place;
  const entry: Case = {
    name: `${effect === 'opens' ? 'refused' : 'passes'} by ${resource.kind} ${resource.namespace}/${resource.name}${where ? ` ${where}` : ''}`,
    request: request as Case['request'],
    expect: answered.decisive.verdict.outcome,
  };
  return holdsCase(before, entry) && !holdsCase(after, entry) ? entry : undefined;
}
