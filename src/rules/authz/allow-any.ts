import type { Facts, PortFacts } from '../../graph/facts.ts';
import type { OpenPort } from '../../graph/opening.ts';
import type { By } from '../../result/location.ts';
import { type Outcome, type Rule, subjectOf } from '../rule.ts';
import { explainOpenPolicy } from './explain-open-policy.ts';
import { callerStatus } from '../caller-status.ts';
import { openFactors } from './open-factors.ts';

/**
 * An ALLOW rule lets any caller use a whole port, or everything below a path where the port's policies allow nothing else, and nothing stops
 * them. Judged by what is let in, not by how the rule is written. Source: reference §2.1, §2.4; a port without any policy is `authz/no-policy`.
 */
export const allowAny: Rule = {
  meta: {
    id: 'authz/allow-any',
    title: 'an ALLOW rule lets any caller use a whole port',
    severity: 'HIGH',
    catalogue: 'AZ-04',
    dimension: 'authorization',
    references: [
      'https://istio.io/latest/docs/reference/config/security/authorization-policy/',
      'https://istio.io/latest/docs/ops/best-practices/security/#authorization-policies',
    ],
  },

  *judge(facts) {
    for (const workload of facts.mesh.workloads) {
      for (const port of facts.ports(workload)) yield judgePort(facts, port);
    }
  },

  explain: explainOpenPolicy,
};

/** Why neither this rule nor `authz/no-policy` has anything to say about a port. */
export function outOfReach({ workload, captured, port }: PortFacts): string | undefined {
  if (workload.dataPlane.kind === 'none') return 'outside the mesh: no AuthorizationPolicy reaches it';
  if (workload.gateway?.kind === 'waypoint') return 'what a waypoint lets through is judged at the workloads behind it';
  if (!captured.captured) return `not captured, so that no AuthorizationPolicy reaches it: ${captured.why}`;
  if (workload.dataPlane.kind === 'gateway' && port.declaredBy !== 'gateway' && port.declaredBy !== 'listener') {
    return 'no Gateway has a server on this port, so nothing listens';
  }
  return undefined;
}

function judgePort(facts: Facts, port: PortFacts): Outcome {
  const subject = subjectOf(port.workload, port.port.port);
  const why = outOfReach(port);
  if (why !== undefined) return { kind: 'not-applicable', subject, why };
  const { authorization } = port;
  const { opening } = authorization;
  if (opening.kind !== 'open') return { kind: 'pass', subject };
  if (!opening.by) return { kind: 'not-applicable', subject, why: 'no ALLOW policy applies: see authz/no-policy' };
  return {
    kind: 'fail',
    subject,
    cause: opening.by,
    causeKey: '',
    factors: openFactors(facts, port, opening),
    ...callerStatus(facts, port),
    evidence: [
      {
        source: opening.by.location,
        path: `spec.rules[${opening.by.rule ?? 0}]`,
        shows: describeOpening(port, opening, opening.by),
      },
    ],
    ...witnessOf(facts, port, opening),
  };
}

/** At a gateway only a request that a route takes says something. */
function witnessOf(
  facts: Facts,
  { workload, port }: PortFacts,
  { answer }: OpenPort,
): Pick<Extract<Outcome, { kind: 'fail' }>, 'witness'> {
  if (workload.dataPlane.kind !== 'gateway') return { witness: answer.request };
  const entrance = facts.entrances.of(workload, port.port).find(({ verdict }) => verdict.outcome === 'allow');
  return entrance ? { witness: entrance.request } : {};
}

/** `rule 1 matches every caller (plaintext too): port 8080 of payments/ledger`. */
function describeOpening({ workload, port }: PortFacts, opening: OpenPort, by: By): string {
  const who = opening.callers === 'anyone' ? 'every caller (plaintext too)' : 'every identity of the mesh';
  const conditions = opening.conditions.length > 0 ? ` that sends ${opening.conditions.join(' and ')}` : '';
  const where = opening.part === undefined ? `port ${port.port}` : `${opening.part} on port ${port.port}`;
  const through = opening.through ? `, through waypoint ${opening.through.id}` : '';
  return `rule ${(by.rule ?? 0) + 1} matches ${who}${conditions}: ${where} of ${workload.id}${through}`;
}
