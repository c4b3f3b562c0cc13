import { byOf } from '../../model/by.ts';
import { namespaceKey } from '../../model/inventory/types.ts';
import type { Facts, PortFacts } from '../../graph/facts.ts';
import type { OpenPort } from '../../graph/opening.ts';
import type { By } from '../../result/location.ts';
import { targetsOf } from '../../semantics/policy-index.ts';
import { type Outcome, type Rule, subjectOf } from '../rule.ts';
import { outOfReach } from './allow-any.ts';
import { explainOpenNamespace } from './explain-open-namespace.ts';
import { callerStatus } from '../caller-status.ts';
import { openFactors } from './open-factors.ts';

/**
 * No policy restricts who calls a port: everything that is not refused passes, which at the least is every identity of the mesh. The fault
 * is the default deny that its namespace lacks. Source: reference §2.1 (no ALLOW policy means allow).
 */
export const noPolicy: Rule = {
  meta: {
    id: 'authz/no-policy',
    title: 'no policy restricts who calls a workload port',
    severity: 'MEDIUM',
    catalogue: 'AZ-01',
    dimension: 'authorization',
    references: [
      'https://istio.io/latest/docs/concepts/security/#implicit-enablement',
      'https://istio.io/latest/docs/ops/best-practices/security/#use-default-deny-patterns',
    ],
  },

  *judge(facts) {
    for (const workload of facts.mesh.workloads) {
      for (const port of facts.ports(workload)) yield judgePort(facts, port);
    }
  },

  explain: explainOpenNamespace,
};

function judgePort(facts: Facts, port: PortFacts): Outcome {
  const { workload, authorization } = port;
  const subject = subjectOf(workload, port.port.port);
  const skip = (why: string): Outcome => ({ kind: 'not-applicable', subject, why });
  const unreached = outOfReach(port);
  if (unreached !== undefined) return skip(unreached);
  if (workload.dataPlane.kind === 'gateway')
    return skip(
      'a gateway is there to admit clients; whom it admits is for authz/allow-any and authn/jwt-not-required',
    );
  const { opening } = authorization;
  if (opening.kind !== 'open') return { kind: 'pass', subject };
  if (opening.by) return skip('an ALLOW policy applies: see authz/allow-any');
  if (!opening.through && authorization.policies.some(({ spec }) => targetsOf(spec).length > 0)) {
    return skip('its waypoint holds policies; calls that go past the waypoint are another question');
  }
  const home = facts.mesh.namespaces.get(namespaceKey(workload.cluster, workload.namespace))?.resource;
  const cause: By | null = opening.through ? byOf(opening.through.resource) : home ? byOf(home) : null;
  return {
    kind: 'fail',
    subject,
    cause,
    // A namespace and its waypoint lack a default deny each.
    causeKey: cause ? '' : `namespace ${workload.namespace} has no default deny`,
    factors: openFactors(facts, port, opening),
    ...callerStatus(facts, port),
    evidence: [{ source: cause?.location ?? subject.location, shows: showsOf(port, opening) }],
    witness: opening.answer.request,
  };
}

function showsOf({ workload, port, authorization }: PortFacts, { callers, through }: OpenPort): string {
  const target = `${workload.id}:${port.port}`;
  const who = callers === 'anyone' ? 'anyone, in plaintext too,' : 'any identity of the mesh';
  if (through) return `${who} may use ${target} through waypoint ${through.id}, which holds no policy`;
  const deciding = authorization.policies
    .filter(({ spec }) => spec.action !== 'AUDIT')
    .map(({ namespace, name }) => `${namespace}/${name}`);
  const nothing =
    deciding.length > 0 ? `only ${deciding.join(', ')} applies, and refuses a part` : 'no AuthorizationPolicy applies';
  const shadows = authorization.dryRun.length > 0 ? ` (${authorization.dryRun.length} only in dry run)` : '';
  return `${who} may use ${target}: ${nothing}${shadows}`;
}
