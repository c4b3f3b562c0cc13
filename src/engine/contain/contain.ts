import type { Facts } from '../../graph/facts.ts';
import { makeFacts, type Stated } from '../../graph/make-facts.ts';
import type { Mesh, Workload } from '../../model/inventory/types.ts';
import { applyChanges } from '../../remediate/apply-changes.ts';
import type { Rebuild } from '../../remediate/rebuild.ts';
import type { Change } from '../../model/change/change.ts';
import { denyIdentity } from '../../remediate/quarantine/deny-identity.ts';
import { isolatePods } from '../../remediate/quarantine/isolate-pods.ts';
import { revokeRights } from '../../remediate/quarantine/revoke-rights.ts';
import { callsAround, decideCall, type WantedCall } from '../../remediate/wanted-calls.ts';
import type { Containment } from '../../result/containment.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { objectsOf, toApply, toRollBack } from './describe-objects.ts';
import { powerOf } from './power-of.ts';

export interface ContainOptions {
  readonly stated: Stated;
  readonly rebuild: Rebuild;
  readonly keepDns: boolean;
}

/** The smallest quarantine of a workload, decided on the model: what it could do before, what it still can, and whom that costs. */
export function contain(enforcement: Enforcement, workload: Workload, options: ContainOptions): Containment {
  const { stated, rebuild, keepDns } = options;
  const facts = makeFacts(enforcement, stated);
  const isolation = isolatePods(enforcement, workload, keepDns);
  const revocation = revokeRights(facts.mesh, workload);
  const rest = [...isolation.changes, ...revocation.changes];
  const apply = (changes: readonly Change[]): Enforcement => {
    const applied = applyChanges(enforcement, changes, rebuild);
    if ('refused' in applied) throw new RangeError(`a quarantine that the model does not take: ${applied.refused}`);
    return applied.enforcement;
  };
  const refusals = refusalsThatHold(enforcement, workload, apply);
  const changes = [...refusals, ...rest];
  const quarantined = apply(changes);
  const after = powerOf(quarantined, apply(refusals), workload, stated);
  const { passing, failing } = callsOf(facts, workload, isolation.alsoIsolates, quarantined);
  const remains = remainsOf(facts, workload, { ...isolation, byGroup: revocation.byGroup, after, keepDns });
  return {
    workload: workload.id,
    identity: workload.identity,
    sharedWith: sharersOf(facts, workload).map(({ id }) => id),
    objects: objectsOf(changes),
    before: powerOf(enforcement, enforcement, workload, stated),
    after,
    costs: failing.map(costOf),
    keeps: { of: passing.length, have: passing.length - failing.length },
    remains,
    contained: Object.values(after).every((each) => each.length === 0),
    apply: toApply(changes),
    rollback: toRollBack(changes),
  };
}

function onHostsOf({ workloads }: Mesh, id: Workload['id']): string {
  const names = workloads.filter((each) => each.hostNetwork && each.id !== id).map((each) => each.id);
  if (names.length === 0) return '';
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return `, and so do pods in its network: ${names.slice(0, 3).join(', ')}${more}`;
}

/** One policy for all waypoints where that works (since Istio 1.24 or so), else one for each. */
function refusalsThatHold(
  enforcement: Enforcement,
  workload: Workload,
  apply: (changes: readonly Change[]) => Enforcement,
): readonly Change[] {
  const byClass = denyIdentity(enforcement, workload, 'by class');
  const single = denyIdentity(enforcement, workload, 'one by one');
  if (single.length <= byClass.length) return single;
  const reach = (changes: readonly Change[]): number =>
    powerOf(enforcement, apply(changes), workload, {}).asIdentity.length;
  return reach(byClass) <= reach(single) ? byClass : single;
}

const sharersOf = ({ enforcement }: Facts, workload: Workload): readonly Workload[] =>
  workload.identity === null ? [] : enforcement.holdersOf(workload.identity).filter((other) => other !== workload);

function callsOf(
  facts: Facts,
  workload: Workload,
  others: readonly Workload[],
  after: Enforcement,
): { readonly passing: readonly WantedCall[]; readonly failing: readonly WantedCall[] } {
  const near = [workload, ...others];
  const calls = callsAround(facts.mesh, facts.wanted, near, [...near, ...sharersOf(facts, workload)]);
  const passing = calls.filter((call) => decideCall(facts.enforcement, call)?.outcome === 'allow');
  return { passing, failing: passing.filter((call) => decideCall(after, call)?.outcome !== 'allow') };
}

const costOf = ({ from, to, port, method, path, basis }: WantedCall): Containment['costs'][number] => ({
  from,
  to: `${to}:${port}`,
  ...(method === undefined ? {} : { operation: `${method} ${path}` }),
  basis,
});

interface Rest {
  readonly gap?: string;
  readonly alsoIsolates: readonly Workload[];
  readonly byGroup: readonly string[];
  readonly after: Containment['after'];
  readonly keepDns: boolean;
}

/** What no object stops, in words. */
function remainsOf(
  { mesh }: Facts,
  { id, namespace, serviceAccount, gateway }: Workload,
  { gap, alsoIsolates, byGroup, after, keepDns }: Rest,
): readonly string[] {
  return [
    ...(gap === undefined ? [] : [gap]),
    ...after.rights.map(({ why }) => `${why}: no object here takes that away`),
    ...byGroup.map((binding) => `${binding} gives rights to all of a group that it is in`),
    ...(alsoIsolates.length > 0
      ? [`${alsoIsolates.map((other) => other.id).join(', ')} has all labels of its pods and is isolated with it`]
      : []),
    ...(gateway ? [`${id} is a gateway: what comes through it stops too`] : []),
    ...(keepDns ? ['DNS is kept, and data can leave in DNS queries'] : []),
    'connections that are open may go on: Envoy keeps the old rules until they are drained (45 seconds by default), some CNIs keep what is established; delete the pods once evidence is saved',
    ...(mesh.cni === 'ignores-network-policy'
      ? []
      : [`its own node still gets to it, as the kubelet has to${onHostsOf(mesh, id)}`]),
    `Secrets that it mounts, or could read, are to be taken as known: rotate them; tokens of ${namespace}/${serviceAccount} hold until they expire or the account is deleted`,
  ];
}
