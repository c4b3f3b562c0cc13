import type { Facts } from '../../graph/facts.ts';
import type { NeverAnswer } from '../../graph/reach/never-answer.ts';
import { type Origin, proveNever } from '../../graph/reach/never.ts';
import type { Unless } from '../../graph/reach/exempt.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Request } from '../../result/request.ts';
import { SearchLimit } from '../../semantics/algebra/strings/find-word.ts';
import { resolveSource, type Unresolved } from '../../semantics/resolve-request.ts';
import type { PolicyTest } from './schema.ts';

type Invariant = NonNullable<PolicyTest['invariants']>[number];
type Target = Invariant['never']['to'];

export interface InvariantResult {
  readonly suite: string;
  readonly name: string;
  readonly pass: boolean;
  /** Why it holds, or what refutes it. */
  readonly why: string;
  /** A request that gets through, decided. */
  readonly witness?: Request;
}

/** Proves one invariant over all requests, or refutes it with one. */
export function runInvariant(facts: Facts, suite: string, { name, never }: Invariant): InvariantResult {
  const base = { suite, name };
  const failed = (why: string): InvariantResult => ({ ...base, pass: false, why });
  const from = readOrigin(facts, never.from);
  if ('error' in from) return failed(`from: ${from.error}; ${from.help}`);
  const to = selectWorkloads(facts, never.to);
  if ('error' in to) return failed(`to: ${to.error}; ${to.help}`);
  try {
    const answer = proveNever(facts, { from, to, ...(never.unless ? { unless: readUnless(never.unless) } : {}) });
    return { ...base, ...describe(answer, to.length) };
  } catch (error) {
    if (error instanceof SearchLimit) return failed(`not proved: ${error.message}`);
    throw error;
  }
}

function describe(answer: NeverAnswer, amount: number): Omit<InvariantResult, 'suite' | 'name'> {
  switch (answer.kind) {
    case 'holds':
      return { pass: true, why: `proved over all requests to ${amount} ${amount === 1 ? 'workload' : 'workloads'}` };
    case 'refuted': {
      const { by, reason } = answer.verdict;
      const object = by ? ` (${by.kind} ${by.namespace ? `${by.namespace}/` : ''}${by.name})` : '';
      return { pass: false, why: `a request gets through: ${reason}${object}`, witness: answer.request };
    }
    case 'open':
      return { pass: false, why: `not proved, not refuted: ${answer.why}` };
  }
}

function readOrigin(facts: Facts, from: Invariant['never']['from']): Origin | Unresolved {
  if (from === 'internet' || from === 'pod-outside-mesh') return { kind: from };
  const workloads = selectWorkloads(facts, from);
  return 'error' in workloads ? workloads : { kind: 'workloads', workloads };
}

function selectWorkloads(facts: Facts, target: Target): readonly Workload[] | Unresolved {
  const { mesh } = facts;
  if (typeof target === 'string') {
    if (target === 'internet' || target === 'pod-outside-mesh')
      return {
        error: `requests to \`${target}\` are not proved by this version`,
        help: 'name a workload, or give a namespace, labels or a sensitivity',
      };
    const source = resolveSource(mesh, { workload: target });
    if ('error' in source) return source;
    return source.position.kind === 'workload' ? [source.position.workload] : [];
  }
  const selected = mesh.workloads.filter((workload) => isSelected(facts, workload, target));
  // Nothing selected would make every invariant hold.
  return selected.length > 0
    ? selected
    : { error: `${JSON.stringify(target)} selects no workload of the input`, help: 'check the spelling' };
}

function isSelected(facts: Facts, workload: Workload, target: Exclude<Target, string>): boolean {
  if ('namespace' in target) return workload.namespace === target.namespace;
  if ('sensitivity' in target) return facts.sensitivity(workload).level === target.sensitivity;
  return Object.entries(target.labels).every(([key, value]) => workload.labels[key] === value);
}

function readUnless({ jwt, principal, port, http }: NonNullable<Invariant['never']['unless']>): Unless {
  return {
    ...(jwt === undefined ? {} : { jwt }),
    ...(principal === undefined ? {} : { principals: [principal].flat() }),
    ...(port === undefined ? {} : { ports: [port].flat() }),
    ...(http
      ? {
          http: {
            ...(http.methods ? { methods: http.methods } : {}),
            ...(http.paths ? { paths: http.paths } : {}),
          },
        }
      : {}),
  };
}
