import type { Group, ZtunnelAuthorization } from './authorization.ts';
import { findGroup, type ZtunnelView } from './evaluate.ts';

/** The rule that decided, or may decide. */
export interface Decider {
  readonly authorization: ZtunnelAuthorization;
  readonly group: Group;
}

export interface RbacResult {
  readonly outcome: 'allow' | 'deny' | 'unknown';
  readonly stage: 'deny' | 'allow';
  /** Absent: no DENY matched, and there is no ALLOW policy or none matched. */
  readonly decider?: Decider;
}

/**
 * DENY before ALLOW, pooled over all policies; no ALLOW policy: allowed; ALLOW policies that never match: denied.
 *
 * Source: ztunnel src/state.rs (assert_rbac).
 */
export function evaluateRbac(
  deny: readonly ZtunnelAuthorization[],
  allow: readonly ZtunnelAuthorization[],
  view: ZtunnelView,
): RbacResult {
  const denied = findDecider(deny, view);
  if (denied?.certain) return { outcome: 'deny', stage: 'deny', decider: denied.decider };
  const allowed = findDecider(allow, view);
  const passes = allow.length === 0 || allowed?.certain;
  if (!passes && !allowed) return { outcome: 'deny', stage: 'allow' };
  if (denied) return { outcome: 'unknown', stage: 'deny', decider: denied.decider };
  const outcome = passes ? 'allow' : 'unknown';
  return { outcome, stage: 'allow', ...(allowed ? { decider: allowed.decider } : {}) };
}

/** The first rule that matches for certain, else the first that may. */
function findDecider(
  policies: readonly ZtunnelAuthorization[],
  view: ZtunnelView,
): { readonly decider: Decider; readonly certain: boolean } | undefined {
  let possible: Decider | undefined;
  for (const authorization of policies) {
    const found = findGroup(authorization, view);
    if (!found) continue;
    const decider = { authorization, group: found.group };
    if (found.certain) return { decider, certain: true };
    possible ??= decider;
  }
  return possible && { decider: possible, certain: false };
}
