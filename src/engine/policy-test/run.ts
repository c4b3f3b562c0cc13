import type { z } from 'zod';
import { makeFacts, type Stated } from '../../graph/make-facts.ts';
import type { Mesh } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { Request } from '../../result/request.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import type { Unresolved } from '../../semantics/resolve-request.ts';
import type { TraceStep, Verdict } from '../../semantics/verdict.ts';
import { answerRequest } from '../answer-request.ts';
import { describeRequirement } from '../describe-requirement.ts';
import { type InvariantResult, runInvariant } from './invariants.ts';
import { type PolicyTest, policyTest } from './schema.ts';

export interface CaseResult {
  readonly suite: string;
  readonly name: string;
  readonly expect: 'allow' | 'deny' | 'unknown';
  /** `error`: the request names something that does not exist. */
  readonly got: 'allow' | 'deny' | 'unknown' | 'error';
  readonly pass: boolean;
  readonly by: string | null;
  readonly routed?: string;
  readonly reason: string;
  readonly requires: readonly string[];
  readonly assumes: readonly string[];
  readonly trace: readonly TraceStep[];
  /** Where endpoints lie in several clusters: what each of them answers. The weakest is the case's. */
  readonly endpoints?: readonly {
    readonly workload: string;
    readonly port: number;
    readonly got: Verdict['outcome'];
    readonly reason: string;
  }[];
}

export interface SuiteResult {
  readonly cases: readonly CaseResult[];
  readonly invariants: readonly InvariantResult[];
  readonly passed: number;
  readonly failed: number;
}

/** Checks a document against the schema; the messages name the path of what is wrong. */
export function readPolicyTest(
  value: unknown,
): { readonly test: PolicyTest } | { readonly problems: readonly string[] } {
  const parsed = policyTest.safeParse(value);
  if (parsed.success) return { test: parsed.data };
  return { problems: parsed.error.issues.map(describeIssue) };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return `\`${issue.path.join('.') || '(document)'}\`: ${issue.message}`;
}

/** Runs one PolicyTest against a mesh. */
export function runPolicyTest(test: PolicyTest, suite: string, mesh: Mesh, stated: Stated = {}): SuiteResult {
  const enforcement = new Enforcement(mesh);
  const cases = (test.cases ?? []).map((entry, index) => runCase(enforcement, suite, entry, index));
  const facts = test.invariants?.length ? makeFacts(enforcement, stated) : undefined;
  const invariants = facts ? (test.invariants ?? []).map((entry) => runInvariant(facts, suite, entry)) : [];
  const passed = [...cases, ...invariants].filter(({ pass }) => pass).length;
  return { cases, invariants, passed, failed: cases.length + invariants.length - passed };
}

/** Whether a case comes out as it expects. */
export function holdsCase(enforcement: Enforcement, entry: Case): boolean {
  const answered = answerRequest(enforcement, entry.request as Request);
  return !('error' in answered) && isAsExpected(entry, answered.decisive.verdict);
}

export type Case = NonNullable<PolicyTest['cases']>[number];

function isAsExpected({ expect, by, routed }: Case, verdict: Verdict): boolean {
  return (
    verdict.outcome === expect &&
    (by === undefined || by === (verdict.by && nameOf(verdict.by))) &&
    (routed === undefined || routed === verdict.routed)
  );
}

function runCase(enforcement: Enforcement, suite: string, entry: Case, index: number): CaseResult {
  const base = { suite, name: entry.name ?? `case ${index + 1}`, expect: entry.expect };
  const answered = answer(enforcement, entry.request as Request);
  if ('error' in answered) {
    const reason = `${answered.error}; ${answered.help}`;
    return { ...base, got: 'error', pass: false, by: null, reason, requires: [], assumes: [], trace: [] };
  }
  const { verdict, endpoints } = answered;
  const by = verdict.by && nameOf(verdict.by);
  const pass = isAsExpected(entry, verdict);
  return {
    ...base,
    got: verdict.outcome,
    pass,
    by,
    ...(verdict.routed === undefined ? {} : { routed: verdict.routed }),
    reason: verdict.reason,
    requires: verdict.requires.map(describeRequirement),
    assumes: verdict.assumes,
    trace: verdict.trace,
    ...(endpoints ? { endpoints } : {}),
  };
}

interface Answered extends Pick<CaseResult, 'endpoints'> {
  readonly verdict: Verdict;
}

function answer(enforcement: Enforcement, request: Request): Answered | Unresolved {
  const answered = answerRequest(enforcement, request, { explain: true });
  if ('error' in answered) return answered;
  const { verdict } = answered.decisive;
  const endpoints = answered.endpoints.flatMap(({ query, verdict: { outcome, reason } }) =>
    query ? [{ ...query.destination, got: outcome, reason }] : [],
  );
  if (new Set(endpoints.map(({ workload }) => workload.cluster)).size < 2) return { verdict };
  return {
    verdict,
    endpoints: endpoints.map(({ workload, port, got, reason }) => ({ workload: workload.id, port, got, reason })),
  };
}

const nameOf = (by: By): string => (by.namespace ? `${by.namespace}/${by.name}` : by.name);
