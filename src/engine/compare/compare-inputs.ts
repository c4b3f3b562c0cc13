import { runRules } from '../../findings/run-rules.ts';
import { compareMeshes } from '../../graph/compare/compare.ts';
import type { Opened } from '../../graph/compare/opened.ts';
import type { Facts } from '../../graph/facts.ts';
import { makeFacts } from '../../graph/make-facts.ts';
import type { Comparison } from '../../result/comparison.ts';
import { RULES } from '../../rules/index.ts';
import { questionsOf } from '../../rules/check-flows.ts';
import { METHOD, PATH, PEER } from '../../semantics/algebra/axes.ts';
import { all, type Axis, type Formula, literal } from '../../semantics/algebra/formula.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import { queryOfModel } from '../../semantics/algebra/witness.ts';
import { decide } from '../../semantics/decide.ts';
import type { Query } from '../../semantics/query.ts';
import { waysTo } from '../../graph/reach/port-reach.ts';
import { describeRequirement } from '../describe-requirement.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { decidedResult } from '../reach/describe.ts';
import type { Input } from '../read-input.ts';
import { comparePaths } from './compare-paths.ts';

type Turned = Comparison['opened'][number];
type Finding = Comparison['findings']['added'][number];

/** What is different between two states of a mesh: requests, workloads, findings, wanted flows. */
export function compareInputs(base: Input, head: Input): Comparison {
  const before = makeFacts(new Enforcement(base.mesh), base.stated);
  const after = makeFacts(new Enforcement(head.mesh), head.stated);
  const { opened, closed, added, removed } = compareMeshes(before, after);
  return {
    opened: opened.map(turnedResult),
    closed: closed.map(turnedResult),
    paths: comparePaths(before, after, head.stated.entries),
    workloads: { added: added.map(({ id }) => id), removed: removed.map(({ id }) => id) },
    findings: compareFindings(before, after),
    breaks: brokenFlows(before, after),
  };
}

function turnedResult({ workload, port, who, witness, verdict, was }: Opened): Turned {
  return {
    workload: workload.id,
    port,
    who: who.kind,
    ...(who.kind === 'identities' ? { identities: [...who.identities] } : {}),
    ...(who.kind === 'workload' ? { source: who.workload.id } : {}),
    ...('gateway' in who && who.gateway ? { gateway: who.gateway.id } : {}),
    witness,
    ...decidedResult(verdict),
    by: verdict.by,
    reason: verdict.reason,
    other: was,
  };
}

function compareFindings(before: Facts, after: Facts): Comparison['findings'] {
  const [old, now] = [before, after].map((facts) => runRules(RULES, facts).findings);
  const only = (list: typeof old = [], other: typeof old = []): Finding[] => {
    const known = new Set(other.map(({ fingerprint }) => fingerprint));
    return list
      .filter(({ fingerprint }) => !known.has(fingerprint))
      .map(({ id, fingerprint, title, severity }) => ({ id, fingerprint, title, severity }));
  };
  return { added: only(now, old), removed: only(old, now) };
}

/** Flows that the state before wants and lets pass, and the state after does not. */
function brokenFlows(before: Facts, after: Facts): Comparison['breaks'] {
  return before.wanted.flows.flatMap((flow) => {
    const to = before.mesh.workloadById.get(flow.to);
    const later = after.mesh.workloadById.get(flow.to);
    if (!to || !later) return [];
    const questions = questionsOf(before, flow, to);
    return questions.flatMap(({ query }) => {
      if (decide(before.enforcement, query).outcome !== 'allow') return [];
      const { port } = query.destination;
      const again = questionsOf(after, flow, later).find((question) => question.query.destination.port === port);
      if (again && decide(after.enforcement, again.query).outcome === 'allow') return [];
      const needs = again ? whatItNeeds(after.enforcement, again.query) : undefined;
      return [{ from: flow.from, to: flow.to, port, basis: flow.basis, ...(needs ? { needs } : {}) }];
    });
  });
}

/** What the same call would have to bring to pass after all: a token, a header. Undefined: nothing helps. */
function whatItNeeds(enforcement: Enforcement, query: Query): string | undefined {
  const { workload, port } = query.destination;
  const declared = workload.ports.find((own) => own.port === port);
  if (!declared || !query.http || query.source.identity === null) return undefined;
  const { pool } = symbolicOf(enforcement);
  const exactly = (axis: Axis, value: string): Formula => literal(axis, pool.exactly([value]));
  const call = [
    exactly(PEER, query.source.identity),
    exactly(METHOD, query.http.method),
    exactly(PATH, query.http.path),
  ];
  for (const region of waysTo(enforcement, workload, declared)) {
    if (region.transport !== 'mtls' || region.protocol !== 'http') continue;
    const formula = all([region.passes, ...call]);
    const model = region.solver.find(formula);
    if (!model) continue;
    const found = { ...queryOfModel({ region, formula, model }), source: query.source };
    const { outcome, requires } = decide(enforcement, { ...found, client: 'app' });
    if (outcome !== 'allow') continue;
    const headers = found.http?.headers.map(([name]) => `header ${name}`) ?? [];
    return [...requires.map(describeRequirement), ...headers].join(' and ') || undefined;
  }
  return undefined;
}
