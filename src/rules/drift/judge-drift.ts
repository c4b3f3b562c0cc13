import type { Drift, DriftKind, WorkloadEvidence } from '../../evidence/evidence.ts';
import type { Facts } from '../../graph/facts.ts';
import { requestOf } from '../../graph/request-of.ts';
import { byOf } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { Evidence } from '../../result/types.ts';
import type { Query } from '../../semantics/query.ts';
import { strangerOf } from '../../semantics/stranger.ts';
import { type Factors, type Fail, type Outcome, subjectOf } from '../rule.ts';

const PER_PORT: readonly DriftKind[] = ['policies', 'mutual-tls', 'tokens', 'serving'];

/** What was seen of each workload, in one respect: as configured, otherwise, or not seen. */
export function* judgeDrift(facts: Facts, kind: DriftKind): Iterable<Outcome> {
  const { evidence } = facts;
  for (const workload of facts.mesh.workloads) {
    if (workload.dataPlane.kind === 'none') continue;
    if (kind === 'serving' && workload.dataPlane.kind !== 'gateway') continue;
    const seen = evidence?.of(workload);
    const drifts = driftsOf(facts, kind, workload);
    if (!seen || (drifts.length === 0 && seen.proxies.length === 0 && kind !== 'rejected')) {
      yield { kind: 'not-applicable', subject: subjectOf(workload), why: 'no proxy of it was looked into' };
      continue;
    }
    for (const drift of drifts) yield failOf(facts, workload, drift);
    const failed = new Set(drifts.map(({ port }) => port));
    for (const port of PER_PORT.includes(kind) ? comparedPorts(seen, kind) : [undefined]) {
      if (!failed.has(port)) yield { kind: 'pass', subject: subjectOf(workload, port) };
    }
  }
}

/** In the order in which they were found. */
export const driftsOf = ({ evidence }: Facts, kind: DriftKind, { id }: Pick<Workload, 'id'>): readonly Drift[] =>
  (evidence?.drifts ?? []).filter((drift) => drift.kind === kind && drift.workload.id === id);

/** What could not be compared is neither the same nor different. */
function comparedPorts({ ports }: WorkloadEvidence, kind: DriftKind): readonly number[] {
  return [...ports]
    .filter(([, { mtls, policies, tokens, routes }]) => {
      if (kind === 'serving') return routes !== undefined && mtls.state !== 'open' && routes.state !== 'open';
      const proof = kind === 'mutual-tls' ? mtls : kind === 'tokens' ? tokens : policies;
      return proof.state !== 'open';
    })
    .map(([port]) => port);
}

function failOf(facts: Facts, workload: Workload, drift: Drift): Fail {
  const { witness, port } = drift;
  const subject = subjectOf(workload, port);
  const { cause, causeKey } = causeOf(workload, drift);
  return {
    kind: 'fail',
    subject,
    cause,
    causeKey,
    factors: factorsOf(facts, workload, drift),
    // The contradiction itself was seen; what is in force is open until somebody explains it.
    status: drift.proxies.some(({ isOld }) => !isOld) ? 'VERIFIED' : 'INFERRED',
    assumes: [],
    evidence: [...seenIn(workload, drift), configuredAt(workload, drift)],
    ...(witness ? { witness: requestOf(witness) } : {}),
  };
}

/** One policy that proxies do not hold, or one reason to reject, is one cause, whomever it touches. */
function causeOf(workload: Workload, { kind, missing = [], reason }: Drift): { cause: By | null; causeKey: string } {
  const [policy, ...others] = missing;
  if (policy && others.length === 0) return { cause: byOf(policy), causeKey: 'not in the proxies' };
  if (kind === 'rejected') return { cause: null, causeKey: `rejected: ${reason ?? 'no reason given'}` };
  return { cause: byOf(workload.resource), causeKey: '' };
}

function factorsOf(facts: Facts, workload: Workload, { kind, looser, witness }: Drift): Factors {
  return {
    entry: looser === 'proxy' ? entryOf(facts, workload, kind, witness) : 'none',
    requires: looser === 'proxy' && witness?.token ? ['a token'] : [],
    breaches: 0,
    sensitivity: facts.sensitivity(workload).level,
    compensations: [],
    stated: facts.wanted.isStated(workload),
    defenceInDepth: false,
    contradicted: true,
  };
}

/** Who gets in by it. */
function entryOf(
  { enforcement }: Facts,
  workload: Workload,
  kind: DriftKind,
  witness: Query | undefined,
): Factors['entry'] {
  if (kind === 'serving') return 'internet';
  if (kind !== 'policies' || !witness || witness.source.identity === null) return 'plaintext';
  const stranger = strangerOf(enforcement.configOf(workload).trustDomain.value);
  return witness.source.identity === stranger ? 'any-identity' : 'named-identities';
}

function seenIn(workload: Workload, drift: Drift): readonly Evidence[] {
  const { testimony, proxies, what, port } = drift;
  if (!testimony) return proxies.map((proxy) => seenAt(workload, drift, proxy));
  const { file, line, at } = testimony;
  return [
    {
      source: { file, line, column: 1 },
      path: 'observations',
      shows: `${workload.id}${port === undefined ? '' : `:${port}`}: ${what}`,
      ...(at === undefined ? {} : { at }),
    },
  ];
}

function seenAt(
  { id }: Workload,
  { what, port, holder }: Drift,
  { pod, file, at }: Drift['proxies'][number],
): Evidence {
  return {
    source: { file, line: 1, column: 1 },
    path: holder === undefined ? 'listeners' : port === undefined ? 'workloads' : 'policies',
    shows: `${id}${port === undefined ? '' : `:${port}`}, pod ${pod}: ${what}`,
    ...(at === undefined ? {} : { at }),
  };
}

function configuredAt(workload: Workload, { missing = [], port }: Drift): Evidence {
  const [policy] = missing;
  const where = `${workload.id}${port === undefined ? '' : `:${port}`}`;
  return policy
    ? {
        source: byOf(policy).location,
        shows: `${policy.kind} ${policy.namespace}/${policy.name} selects ${where}`,
      }
    : { source: subjectOf(workload).location, shows: `${where} as it is configured` };
}
