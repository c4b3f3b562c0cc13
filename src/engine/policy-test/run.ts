import type { z } from 'zod';
import { makeFacts, type Stated } from '../../graph/make-facts.ts';
import type { Mesh } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { Request } from '../../result/request.ts';
import { decideRequest } from '../../semantics/decide-request.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import type { TraceStep } from '../../semantics/verdict.ts';
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

type Case = NonNullable<PolicyTest['cases']>[number];

function runCase(enforcement: Enforcement, suite: string, entry: Case, index: number): CaseResult {
  const base = { suite, name: entry.name ?? `case ${index + 1}`, expect: entry.expect };
  const verdict = decideRequest(enforcement, entry.request as Request, { explain: true });
  if ('error' in verdict) {
    const reason = `${verdict.error}; ${verdict.help}`;
    return { ...base, got: 'error', pass: false, by: null, reason, requires: [], assumes: [], trace: [] };
  }
  const by = verdict.by && nameOf(verdict.by);
  const asExpected = verdict.outcome === entry.expect && (entry.by === undefined || entry.by === by);
  const pass = asExpected && (entry.routed === undefined || entry.routed === verdict.routed);
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
  };
}

const nameOf = (by: By): string => (by.namespace ? `${by.namespace}/${by.name}` : by.name);
