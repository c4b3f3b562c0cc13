import { byOf } from '../../model/by.ts';
import type { Principal } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import { type Address, parseAddress } from '../../util/cidr.ts';
import type { Connection } from '../attempt.ts';
import type { Requirement, TraceStep } from '../verdict.ts';
import type { ZtunnelAuthorization } from './authorization.ts';
import type { ZtunnelPolicies } from './compile.ts';
import { matchesClause, type ZtunnelView } from './evaluate.ts';
import type { TransportVariant } from './peer-authentication.ts';
import { type Decider, evaluateRbac, type RbacResult } from './rbac.ts';
import { type AddressAnswer, forSomeAddress } from './source-address.ts';

export interface ZtunnelDecision {
  readonly outcome: 'allow' | 'deny' | 'unknown';
  /** The object that decided; null for the absence of one, and where several ALLOW policies all missed. */
  readonly by: By | null;
  readonly reason: string;
  readonly requires: readonly Requirement[];
  readonly assumes: readonly string[];
  readonly steps: readonly TraceStep[];
}

/** Named where a namespace or mesh PeerAuthentication that reached istiod late would change the answer (reference §16.1). */
export const APPLIED_TOGETHER = 'the PeerAuthentications were applied together, or istiod was restarted since';

/**
 * What the destination's ztunnel does with a new inbound connection: over HBONE with the peer's identity, else in plaintext. With `explain`
 * the steps also tell why rules missed: for a person, not for a search.
 *
 * Source: ztunnel src/state.rs (assert_rbac), src/tls/workload.rs (trust domain); reference §1.6, §2.9, §16.
 */
export function decideZtunnel(compiled: ZtunnelPolicies, c: Connection, explain = true): ZtunnelDecision {
  const steps: TraceStep[] = [];
  const end = (
    outcome: ZtunnelDecision['outcome'],
    by: By | null,
    reason: string,
    more: Partial<ZtunnelDecision> = {},
  ): ZtunnelDecision => ({
    outcome,
    by,
    reason,
    requires: [],
    assumes: [],
    steps,
    ...more,
  });
  if (c.transport !== 'TCP') {
    const reason = `ztunnel does not capture ${c.transport}`;
    steps.push({ point: 'ztunnel', stage: 'capture', outcome: 'note', text: reason });
    return end('allow', null, reason);
  }
  const view = toView(c);
  const refused = view
    ? refusedPeer(compiled, c.peer)
    : `the client certificate holds no SPIFFE identity of a workload`;
  if (!view || refused) {
    const reason = refused ?? '';
    steps.push({ point: 'ztunnel', stage: 'transport', outcome: 'stop', text: reason });
    return end('deny', null, reason);
  }
  steps.push({
    point: 'ztunnel',
    stage: 'transport',
    outcome: 'pass',
    text: c.peer === null ? 'plaintext: no identity' : `mTLS as ${c.peer}`,
  });

  const { result, requires, assumes } = evaluateFor(compiled, view);
  if (result.outcome === 'deny' && result.stage === 'deny' && result.decider) {
    const by = byDecider(result.decider);
    const reason = `${describe(result.decider)} matches`;
    steps.push({ point: 'ztunnel', stage: 'deny', outcome: 'stop', text: reason, by });
    return end('deny', by, reason);
  }
  const strict = checkTransport(compiled, view);
  if (strict.outcome === 'deny') {
    steps.push({ point: 'ztunnel', stage: 'deny', outcome: 'stop', text: strict.reason, by: strict.by });
    const depends = strict.late && result.outcome !== 'deny';
    return end('deny', strict.by, strict.reason, { assumes: depends ? [APPLIED_TOGETHER] : [] });
  }
  if (compiled.deny.length > 0)
    steps.push({ point: 'ztunnel', stage: 'deny', outcome: 'pass', text: `none of ${listed(compiled.deny)} matches` });
  if (result.outcome === 'deny') {
    const by = soleSource(compiled.allow);
    const reason = `no rule of ${listed(compiled.allow)} matches`;
    steps.push(...(explain ? misses(compiled.allow, view) : []), {
      point: 'ztunnel',
      stage: 'allow',
      outcome: 'stop',
      text: reason,
      ...(by ? { by } : {}),
    });
    return end('deny', by, reason);
  }
  if (strict.outcome === 'unknown') {
    steps.push({ point: 'ztunnel', stage: 'deny', outcome: 'note', text: strict.reason, by: strict.by });
    return end('unknown', strict.by, strict.reason);
  }
  const by = result.decider ? byDecider(result.decider) : null;
  const all = { requires, assumes: strict.late ? [...assumes, APPLIED_TOGETHER] : assumes };
  if (result.outcome === 'unknown' && result.decider) {
    const reason = `${describe(result.decider)} depends on the destination's address, which is not in the input`;
    steps.push({ point: 'ztunnel', stage: result.stage, outcome: 'note', text: reason, ...(by ? { by } : {}) });
    return end('unknown', by, reason, all);
  }
  const reason = result.decider ? `${describe(result.decider)} matches` : 'no ALLOW policy applies';
  steps.push({ point: 'ztunnel', stage: 'allow', outcome: 'pass', text: reason, ...(by ? { by } : {}) });
  return end('allow', by, reason, all);
}

/** Undefined: a peer that is no SPIFFE id of the form Istio uses. */
function toView({ peer, sourceIp, destinationIp, port }: Connection): ZtunnelView | undefined {
  const addresses = { source: parse(sourceIp), destination: parse(destinationIp), port };
  if (peer === null) return { principal: '', namespace: '', serviceAccount: '', ...addresses };
  const [trustDomain, ns, namespace, sa, serviceAccount, ...rest] = peer.split('/');
  if (!trustDomain || ns !== 'ns' || !namespace || sa !== 'sa' || !serviceAccount || rest.length > 0) return undefined;
  return { principal: peer, namespace, serviceAccount, ...addresses };
}

const parse = (ip: string | undefined): Address | undefined => (ip === undefined ? undefined : parseAddress(ip));

function refusedPeer({ input: { trustDomain } }: ZtunnelPolicies, peer: Principal | null): string | undefined {
  if (peer === null || trustDomain === undefined || peer.startsWith(`${trustDomain}/`)) return undefined;
  return `ztunnel admits peers of trust domain ${trustDomain} only, aliases not included`;
}

function evaluateFor({ deny, allow, sourceSpace }: ZtunnelPolicies, view: ZtunnelView): AddressAnswer {
  const evaluate = (source = view.source): RbacResult => evaluateRbac(deny, allow, { ...view, source });
  const some = view.source ? undefined : forSomeAddress(sourceSpace(), evaluate);
  return some ?? { result: evaluate(), requires: [], assumes: [] };
}

type TransportCheck =
  | { readonly outcome: 'pass'; readonly late: boolean }
  | { readonly outcome: 'deny' | 'unknown'; readonly by: By; readonly reason: string; readonly late: boolean };

/** PeerAuthentication, which ztunnel sees as DENY policies. */
function checkTransport({ transport }: ZtunnelPolicies, view: ZtunnelView): TransportCheck {
  const denying = transport.variants.map((variant) => findDenial(variant, view));
  const found = denying.find((denial) => denial !== undefined);
  const late = transport.late.some((variant) => (findDenial(variant, view) === undefined) !== (found === undefined));
  if (!found) return { outcome: 'pass', late };
  const by = byDecider(found);
  const name = `PeerAuthentication ${found.authorization.source.namespace}/${found.authorization.source.name}`;
  if (denying.every((denial) => denial !== undefined))
    return { outcome: 'deny', by, reason: `${name} demands a mesh identity on port ${view.port}`, late };
  const names = transport.competing.flat().map((policy) => `${policy.namespace}/${policy.name}`);
  return {
    outcome: 'unknown',
    by,
    reason: `which of the PeerAuthentications ${names.join(', ')} is the oldest decides, and the input does not show it`,
    late,
  };
}

export function findDenial({ authorizations }: TransportVariant, view: ZtunnelView): Decider | undefined {
  const { outcome, decider } = evaluateRbac(authorizations, [], view);
  return outcome === 'deny' ? decider : undefined;
}

function byDecider({ authorization, group }: Decider): By {
  const path = group.rule === undefined ? group.clauses[0]?.path : ['spec', 'rules', group.rule];
  return byOf(authorization.source, {
    ...(group.rule === undefined ? {} : { rule: group.rule }),
    ...(path ? { path } : {}),
  });
}

const nameOf = ({ source }: ZtunnelAuthorization): string => `${source.namespace}/${source.name}`;
const describe = ({ authorization, group }: Decider): string =>
  `${authorization.action} rule ${group.rule} of ${nameOf(authorization)}`;

function listed(policies: readonly ZtunnelAuthorization[]): string {
  const names = policies.slice(0, 3).map(nameOf).join(', ');
  return `${policies[0]?.action} ${names}${policies.length > 3 ? ` and ${policies.length - 3} more` : ''}`;
}

/** With several ALLOW policies it is no single one that refused. */
function soleSource(policies: readonly ZtunnelAuthorization[]): By | null {
  const [first] = policies;
  return first && policies.length === 1 ? byOf(first.source) : null;
}

const MAX_MISSES = 5;

/** For a person who asks why: which clause of the first few rules did not match. */
function misses(policies: readonly ZtunnelAuthorization[], view: ZtunnelView): readonly TraceStep[] {
  const steps: TraceStep[] = [];
  for (const authorization of policies) {
    for (const group of authorization.groups) {
      const clause = group.clauses.find((candidate) => matchesClause(candidate, view) === false);
      if (!clause) continue;
      const where = clause.path.slice(3).join('.');
      const by = byOf(authorization.source, {
        ...(group.rule === undefined ? {} : { rule: group.rule }),
        clause: where,
        path: clause.path,
      });
      steps.push({
        point: 'ztunnel',
        stage: 'allow',
        outcome: 'note',
        text: `rule ${group.rule} of ${nameOf(authorization)}: \`${where}\` does not match`,
        by,
      });
      if (steps.length === MAX_MISSES) return steps;
    }
  }
  return steps;
}
