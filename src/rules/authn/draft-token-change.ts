import type { Facts } from '../../graph/facts.ts';
import type { Tokenless } from '../../graph/tokenless.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { RequestAuthentication } from '../../model/istio/request-authentication.ts';
import type { Change } from '../../model/change/change.ts';
import { attachedTo } from '../policy-reach.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import { addObjects, changeSpec } from '../changes.ts';
import { manifestOf } from '../proposed.ts';
import { demandToken, requestPrincipalsOf, tokenDenial, tokenPolicy } from './require-token.ts';

/** A port where requests without a token pass. */
export interface Open {
  readonly workload: Workload;
  readonly port: Workload['ports'][number];
  readonly openings: readonly Tokenless[];
  readonly publicPaths: readonly string[];
}

export interface TokenChange {
  readonly changes: readonly Change[];
  readonly manifests: readonly Manifest[];
}

/**
 * A token demanded in every ALLOW policy that lets such requests in; a first policy where there is none. An ALLOW that is about workloads
 * without RequestAuthentication too stays as it is, since nobody could ever show it a token there: a DENY beside it asks for one.
 */
export function draftChange(
  facts: Facts,
  policy: RequestAuthentication,
  open: readonly Open[],
  workloads: readonly Workload[],
): TokenChange {
  const rules = openRules(facts, policy, open);
  const changes: Change[] = [];
  const manifests: Manifest[] = [];
  const fresh: Manifest[] = [];
  const isChecked = (workload: Workload): boolean =>
    workloads.includes(workload) || facts.enforcement.envoy(workload).requestAuthentication.includes(policy);
  for (const [allowing, indexes] of rules) {
    const affected = [...new Set([...attachedTo(facts, allowing), ...workloads])];
    if (!affected.every(isChecked)) {
      if (fresh.length === 0) fresh.push(tokenDenial(policy, open));
      continue;
    }
    const tcp = affected.flatMap(({ ports }) => ports.filter(({ chain }) => chain === 'tcp').map(({ port }) => port));
    const spec = {
      ...allowing.spec,
      rules: demandToken(allowing, indexes, requestPrincipalsOf(policy), [...new Set(tcp)]),
    };
    changes.push(changeSpec(allowing, spec));
    manifests.push(manifestOf(allowing, spec));
  }
  const isUnasked = open.some(({ openings }) => openings.some(({ by }) => by === null));
  if (isUnasked && fresh.length === 0) fresh.push(tokenPolicy(policy, workloads));
  return { changes: [...changes, ...addObjects(policy, fresh)], manifests: [...manifests, ...fresh] };
}

function openRules(
  { mesh }: Facts,
  { cluster }: RequestAuthentication,
  open: readonly Open[],
): ReadonlyMap<AuthorizationPolicy, ReadonlySet<number>> {
  const rules = new Map<AuthorizationPolicy, Set<number>>();
  for (const { by } of open.flatMap((each) => each.openings)) {
    const allowing = by && mesh.resources.find('AuthorizationPolicy', by.namespace, by.name, cluster);
    if (allowing) rules.set(allowing, (rules.get(allowing) ?? new Set()).add(by.rule ?? 0));
  }
  return rules;
}
