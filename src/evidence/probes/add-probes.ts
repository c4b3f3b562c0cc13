import type { ProbeResult } from '../../model/observation/probe-result.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { groupBy } from '../../util/group-by.ts';
import type { Drift, Evidence, PortEvidence, Proof, WorkloadEvidence } from '../evidence.ts';
import { NOTHING_COMPARED, unseen } from '../unseen.ts';
import { readAnswers } from './answer.ts';
import { stopOf } from './compare-answer.ts';
import { type JudgedProbe, judgeProbe } from './judge-probe.ts';

/**
 * Adds what probes showed to what was seen of proxies. A port of which one probe was allowed and one denied, both as the configuration says, has been
 * exercised both ways; a probe that was answered otherwise contradicts the configuration (method.md, Evidence). Probes prove nothing after a day.
 */
export function addProbes(
  enforcement: Enforcement,
  evidence: Evidence,
  results: readonly ProbeResult[],
  isRecent: (result: ProbeResult) => boolean,
): Evidence {
  if (results.length === 0) return evidence;
  const answers = [...groupBy(results, ({ file, cluster }) => `${cluster}\n${file}`).values()].flatMap(readAnswers);
  const judged = answers.map((answer) => judgeProbe(enforcement, answer)).filter((each) => each !== undefined);
  const strangers = judged.filter((each) => typeof each === 'string');
  const probes = judged.filter((each) => typeof each !== 'string');
  const byPort = groupBy(
    // Which workload of several answered, nobody knows.
    probes.filter(
      ({ ports, seen }) => new Set(ports.map(({ workload }) => workload)).size === 1 && isRecent(seen.result),
    ),
    ({ query: { destination } }) => `${destination.workload.id}:${destination.port}`,
  );
  const known = new Map(evidence.all.map((each) => [each.workload.id, each]));
  for (const list of byPort.values()) {
    const [first] = list;
    if (!first) continue;
    const { workload, port } = first.query.destination;
    known.set(workload.id, withPort(known.get(workload.id) ?? unseen(workload), port, list));
  }
  return {
    of: ({ id }) => known.get(id),
    all: [...known.values()],
    drifts: [...evidence.drifts, ...probes.filter(({ seen }) => isRecent(seen.result)).flatMap(driftOf)],
    strangers: [...evidence.strangers, ...new Set(strangers)],
  };
}

function withPort(evidence: WorkloadEvidence, port: number, probes: readonly JudgedProbe[]): WorkloadEvidence {
  const before: PortEvidence = evidence.ports.get(port) ?? NOTHING_COMPARED;
  const agreeing = probes.filter(({ contradiction }) => !contradiction);
  const allowed = agreeing.filter(({ seen }) => seen.answer === 'allowed');
  const denied = agreeing.filter(({ seen }) => seen.answer === 'denied');
  const contradictions = probes.flatMap(({ contradiction }) => contradiction ?? []);
  // A connection that ends where STRICT asks for a certificate shows mutual TLS; one that ends elsewhere, what a policy does.
  const unproven = denied.filter(({ seen, verdict }) => seen.by === 'connection' && stopOf(verdict) === 'transport');
  const policies = denied.filter((each) => !unproven.includes(each));
  const withIdentity = allowed.filter(({ query }) => query.source.identity !== null);
  const mine = (...kinds: readonly string[]) => contradictions.find(({ kind }) => kinds.includes(kind));
  const next: PortEvidence = {
    ...before,
    mtls: proofOf(before.mtls, mine('mutual-tls')?.what, withIdentity.length, unproven.length),
    authorization: proofOf(before.authorization, mine('policies', 'tokens')?.what, allowed.length, policies.length),
    exercised: { allowed: allowed.length, denied: denied.length },
  };
  return { ...evidence, ports: new Map([...evidence.ports, [port, next]]) };
}

function proofOf(before: Proof, contradicted: string | undefined, allowed: number, denied: number): Proof {
  if (before.state === 'contradicted') return before;
  if (contradicted !== undefined) return { state: 'contradicted', why: contradicted };
  if (allowed === 0 || denied === 0) return before;
  const why = `exercised both ways: ${allowed} allowed, ${denied} denied`;
  return { state: 'verified', why: before.state === 'verified' ? `${before.why}; ${why}` : why, exercised: true };
}

function driftOf({ seen, query, contradiction }: JudgedProbe): readonly Drift[] {
  if (!contradiction) return [];
  const { file, pod, at } = seen.result;
  const { workload, port } = query.destination;
  return [
    {
      ...contradiction,
      workload,
      port,
      looser: seen.answer === 'allowed' ? 'proxy' : 'configuration',
      witness: query,
      causes: [
        'a stale proxy: it has not taken what is newest (see `istioctl proxy-status`)',
        'the cluster holds other objects than the input, or the pod has other labels',
      ],
      proxies: [{ pod, file, isOld: false, ...(at === undefined ? {} : { at }) }],
    },
  ];
}
