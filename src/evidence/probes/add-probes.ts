import { withWorkloads } from '../with-workloads.ts';
import type { ProbeResult } from '../../model/observation/probe-result.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { groupBy } from '../../util/group-by.ts';
import type { Drift, Evidence, PortEvidence, WorkloadEvidence } from '../evidence.ts';
import { NOTHING_COMPARED, unseen } from '../unseen.ts';
import { readAnswers } from './answer.ts';
import { exercise } from './exercise.ts';
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
    ...withWorkloads(evidence, known),
    drifts: [...evidence.drifts, ...probes.filter(({ seen }) => isRecent(seen.result)).flatMap(driftOf)],
    strangers: [...evidence.strangers, ...new Set(strangers)],
  };
}

function withPort(evidence: WorkloadEvidence, port: number, probes: readonly JudgedProbe[]): WorkloadEvidence {
  const before: PortEvidence = evidence.ports.get(port) ?? NOTHING_COMPARED;
  const answers = probes.map(({ seen, ...judged }) => ({
    ...judged,
    answer: seen.answer === 'allowed' ? ('allowed' as const) : ('denied' as const),
    ...(seen.by === undefined ? {} : { by: seen.by }),
  }));
  const agreeing = answers.filter(({ contradiction }) => !contradiction);
  const allowed = agreeing.filter(({ answer }) => answer === 'allowed').length;
  const next: PortEvidence = {
    ...exercise(before, answers, ''),
    exercised: { allowed, denied: agreeing.length - allowed },
  };
  return { ...evidence, ports: new Map([...evidence.ports, [port, next]]) };
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
