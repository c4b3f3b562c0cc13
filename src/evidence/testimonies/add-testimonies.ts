import { withWorkloads } from '../with-workloads.ts';
import type { Testimony } from '../../model/observation/testimony.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Drift, Evidence, PortEvidence, Proof, WorkloadEvidence } from '../evidence.ts';
import { type Comparison, compareAnswer, stopOf } from '../probes/compare-answer.ts';
import { NOTHING_COMPARED, unseen } from '../unseen.ts';

/**
 * Adds what people wrote down. It may contradict the configuration, and then counts as what was seen does (method.md, rule 4); it proves nothing,
 * since nobody else can see it again. A weaker mode of mutual TLS than configured holds from then on; a stricter one only lowers confidence,
 * so that no word of anybody makes a weakness disappear.
 */
export function addTestimonies(
  enforcement: Enforcement,
  evidence: Evidence,
  testimonies: readonly Testimony[],
  isRecent: (testimony: Testimony) => boolean,
): Evidence {
  const known = new Map(evidence.all.map((each) => [each.workload.id, each]));
  const drifts: Drift[] = [];
  const strangers: string[] = [];
  for (const testimony of testimonies) {
    const where = `${testimony.file}:${testimony.line}`;
    const compared = compare(enforcement, testimony);
    if (compared === undefined) continue;
    if ('error' in compared) {
      strangers.push(`${where}: \`${testimony.saw}\`: ${compared.error}`);
      continue;
    }
    const kind = contradictionOf(testimony, compared);
    if (kind === undefined) continue;
    const drift = driftOf(testimony, compared, kind, !isRecent(testimony));
    drifts.push(drift);
    const { workload, port } = compared.query.destination;
    known.set(workload.id, contradicted(known.get(workload.id) ?? unseen(workload), port, drift));
  }
  return {
    ...withWorkloads(evidence, known),
    drifts: [...evidence.drifts, ...drifts],
    strangers: [...evidence.strangers, ...strangers],
  };
}

/** What was sent over a plaintext connection nobody wrote down: bytes, or a request, whichever gets further. */
function compare(enforcement: Enforcement, { request, answer }: Testimony): ReturnType<typeof compareAnswer> {
  const bytes = compareAnswer(enforcement, { request, answer });
  if (!isConnection(request) || bytes === undefined || 'error' in bytes || bytes.verdict.outcome === 'allow')
    return bytes;
  const asked = compareAnswer(enforcement, { request: { ...request, http: { method: 'GET', path: '/' } }, answer });
  return asked !== undefined && !('error' in asked) && stopOf(asked.verdict) !== 'transport' ? asked : bytes;
}

const isConnection = ({ from, http }: Testimony['request']): boolean => from.plaintext === true && http === undefined;

/**
 * A plaintext connection that is taken says nothing of what policies make of it; one that is refused may have been refused by them, or because
 * nothing listens there.
 */
function contradictionOf(
  { answer, request }: Testimony,
  { query, verdict, kind }: Comparison,
): Drift['kind'] | undefined {
  if (!isConnection(request)) return kind;
  if (answer === 'allowed') return stopOf(verdict) === 'transport' ? 'mutual-tls' : undefined;
  const { workload, port } = query.destination;
  const listens = workload.ports.some((each) => each.port === port);
  return listens && verdict.outcome === 'allow' ? 'mutual-tls' : undefined;
}

function driftOf(testimony: Testimony, { query, verdict }: Comparison, kind: Drift['kind'], isOld: boolean): Drift {
  const { answer, saw, by, how, file, line, at } = testimony;
  const { workload, port } = query.destination;
  const who = `${by ?? 'somebody'}${how === undefined ? '' : ` (${how})`}`;
  const words =
    verdict.outcome === 'deny' ? `the configuration denies it (${verdict.reason})` : 'the configuration allows it';
  return {
    kind,
    workload,
    port,
    looser: answer === 'allowed' ? 'proxy' : 'configuration',
    what: `${who} saw that it ${saw}; ${words}`,
    witness: query,
    causes: [
      'a stale proxy: it has not taken what is newest (see `istioctl proxy-status`)',
      'the cluster holds other objects than the input, or the pod has other labels',
      'what was written down is wrong, or no longer so: dump the proxy to know',
    ],
    proxies: [],
    testimony: { file, line, ...(at === undefined ? {} : { at }), isOld },
  };
}

function contradicted(evidence: WorkloadEvidence, port: number, { kind, what, looser }: Drift): WorkloadEvidence {
  const before: PortEvidence = evidence.ports.get(port) ?? NOTHING_COMPARED;
  const proof: Proof = { state: 'contradicted', why: what };
  const next: PortEvidence =
    kind === 'mutual-tls'
      ? { ...before, mtls: proof, ...(looser === 'proxy' ? { holds: weaker(before.holds) } : {}) }
      : { ...before, authorization: proof };
  return { ...evidence, ports: new Map([...evidence.ports, [port, next]]) };
}

/** A dump that shows DISABLE knows better. */
const weaker = (holds: PortEvidence['holds']): 'PERMISSIVE' | 'DISABLE' => (holds === 'DISABLE' ? holds : 'PERMISSIVE');
