import type { Facts, PortFacts } from '../../graph/facts.ts';
import type { Evidence } from '../../result/types.ts';
import { type Factors, type Outcome, type Rule, subjectOf } from '../rule.ts';
import { explainPlaintext } from './explain-plaintext.ts';

/**
 * A workload port accepts plaintext: whoever reaches it on the network gets in without an identity, whatever level of PeerAuthentication
 * that comes from, also when nothing is set (Istio's default is PERMISSIVE). Gateway listeners and waypoints are not governed by
 * PeerAuthentication. Source: reference §1.1, §1.3, §15.2.
 */
export const permissive: Rule = {
  meta: {
    id: 'mtls/permissive',
    title: 'a workload port accepts plaintext',
    severity: 'MEDIUM',
    catalogue: 'ID-01',
    dimension: 'mtls',
    references: [
      'https://istio.io/latest/docs/reference/config/security/peer_authentication/',
      'https://istio.io/latest/docs/ops/best-practices/security/#mutual-tls',
    ],
  },

  *judge(facts) {
    for (const workload of facts.mesh.workloads) {
      for (const port of facts.ports(workload)) yield judgePort(facts, port);
    }
  },

  explain: explainPlaintext,
};

const NOTHING_SET = 'nothing sets a mode';

function judgePort(facts: Facts, port: PortFacts): Outcome {
  const { workload, mtls, captured } = port;
  const subject = subjectOf(workload, port.port.port);
  const skip = (why: string): Outcome => ({ kind: 'not-applicable', subject, why });
  if (workload.dataPlane.kind === 'none') return skip('outside the mesh: no PeerAuthentication reaches it');
  if (workload.dataPlane.kind === 'gateway')
    return skip('gateway listeners and waypoints have TLS settings of their own');
  if (!captured.captured) return skip(`not captured, so that no PeerAuthentication reaches it: ${captured.why}`);
  if (mtls.mode === 'STRICT' || mtls.mode === 'none') return { kind: 'pass', subject };
  if (facts.evidence?.of(workload)?.ports.get(port.port.port)?.holds)
    return skip('its proxy holds another mode than is configured: see drift/mutual-tls');
  const { plaintext } = port.access;
  return {
    kind: 'fail',
    subject,
    cause: mtls.by,
    causeKey: mtls.by ? mtls.level : NOTHING_SET,
    factors: factorsOf(facts, port),
    status: mtls.status,
    assumes: assumptionsOf(facts, port),
    evidence: [evidenceOf(port)],
    ...(plaintext ? { witness: plaintext.request } : {}),
  };
}

function factorsOf(facts: Facts, { workload, port, access }: PortFacts): Factors {
  const { plaintext, plaintextFromAnyPod } = access;
  const direct = facts.entrances
    .of(workload, port.port)
    .some(({ entry, gateway, verdict }) => entry === 'internet' && !gateway && verdict.outcome === 'allow');
  const compensations: string[] = [];
  if (!plaintext) compensations.push('authorization, which refuses callers without an identity,');
  else if (!plaintextFromAnyPod) compensations.push('NetworkPolicy, which keeps pods of other places out,');
  return {
    entry: direct ? 'internet' : 'plaintext',
    requires: [...new Set(plaintext?.verdict.requires.map(({ kind }) => kind) ?? [])],
    breaches: 0,
    sensitivity: facts.sensitivity(workload).level,
    compensations,
    stated: facts.wanted.isStated(workload),
    defenceInDepth: plaintext === null,
  };
}

function assumptionsOf(facts: Facts, { mtls }: PortFacts): readonly string[] {
  // A proxy holds all that is in force there, whatever level it comes from.
  if (mtls.status === 'VERIFIED') return [];
  const { rootNamespace } = facts.enforcement;
  const seesRoot = facts.isComplete('root-policies') || facts.isComplete({ namespace: rootNamespace });
  if (mtls.by !== null || seesRoot) return mtls.assumes;
  return [
    ...mtls.assumes,
    `no PeerAuthentication stands in the root namespace ${rootNamespace} (it is not in the input)`,
  ];
}

function evidenceOf({ workload, port, mtls }: PortFacts): Evidence {
  const source = mtls.by?.location ?? subjectOf(workload).location;
  const why = mtls.by ? '' : ': no PeerAuthentication sets a mode, and Istio defaults to PERMISSIVE';
  const shows = `port ${port.port} of ${workload.id} is ${mtls.mode}${why}`;
  return { source, shows, ...(mtls.by?.clause ? { path: `spec.${mtls.by.clause}`, value: mtls.mode } : {}) };
}
