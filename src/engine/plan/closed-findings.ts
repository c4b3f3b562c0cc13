import { openCauses } from '../../findings/open-causes.ts';
import { subjectName } from '../../findings/subjects.ts';
import type { Facts } from '../../graph/facts.ts';
import { factsWith } from '../../graph/facts-with.ts';
import { makeFacts, type Stated } from '../../graph/make-facts.ts';
import { workloadId } from '../../model/inventory/types.ts';
import type { Rebuild } from '../../remediate/rebuild.ts';
import type { Candidate } from '../../remediate/candidate.ts';
import type { Step } from '../../remediate/make-plan.ts';
import { namespacesOf } from '../../remediate/slice.ts';
import { enforcementOf } from '../../remediate/slices.ts';
import type { Finding } from '../../result/types.ts';
import { RULES } from '../../rules/index.ts';
import type { Rule } from '../../rules/rule.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';

export interface Grounds {
  readonly facts: Facts;
  readonly stated: Stated;
  readonly rebuild: Rebuild;
}

/**
 * Findings that are gone after each step, by fingerprint. The rules judge what a step touches before and after it, on the part of the mesh that
 * it was proven on; a finding is gone once each of its subjects was seen to fail before a step and no longer after it.
 */
export function closedFindings(
  grounds: Grounds,
  steps: readonly Step[],
  findings: readonly Finding[],
): ReadonlyMap<Step, readonly string[]> {
  const left = new Map(findings.map((finding) => [finding.fingerprint, subjectsOf(grounds.facts, finding)]));
  const found = new Set(findings.map(({ id }) => id));
  const judge = judgeOf(
    grounds,
    RULES.filter(({ meta }) => found.has(meta.id)),
  );
  return new Map(
    steps.map((step) => {
      const gone: string[] = [];
      const { before, after } = judge(step);
      for (const [fingerprint, subjects] of before) {
        const open = left.get(fingerprint);
        if (!open || open.size === 0) continue;
        const still = after.get(fingerprint);
        for (const subject of subjects) if (!still?.has(subject)) open.delete(subject);
        if (open.size === 0) gone.push(fingerprint);
      }
      return [step, gone.sort()];
    }),
  );
}

/** The affected workloads; the object at fault is named first and is none of them, unless there is nothing else. */
function subjectsOf({ mesh }: Facts, { subjects }: Finding): Set<string> {
  const affected = subjects.filter(({ cluster, namespace, name }) =>
    mesh.workloadById.has(workloadId(cluster, namespace, name)),
  );
  return new Set((affected.length > 0 ? affected : subjects).map(subjectName));
}

/** Without what asks for every rule of every policy near: that costs more than all the others, and is no danger. */
const isAsked = ({ meta }: Rule, { judgedBy }: Candidate): boolean =>
  judgedBy ? judgedBy.includes(meta.id) : meta.id !== 'authz/idle-rule';

type Causes = ReturnType<typeof openCauses>;
const NONE: Causes = new Map();

type Judge = (step: Step) => { readonly before: Causes; readonly after: Causes };

/** What some rules say of what a step touches. Steps of one part of the mesh come one upon the other: what one leaves, the next one starts from. */
function judgeOf({ facts, stated, rebuild }: Grounds, rules: readonly Rule[]): Judge {
  const known = new WeakMap<Enforcement, Facts>();
  const factsOf = (enforcement: Enforcement): Facts => {
    const own = known.get(enforcement) ?? makeFacts(enforcement, stated);
    known.set(enforcement, own);
    return own;
  };
  return ({ candidate, on }) => {
    const touched = [...candidate.destinations, ...candidate.senders];
    const asked = rules.filter((rule) => isAsked(rule, candidate));
    if (touched.length === 0 || asked.length === 0) return { before: NONE, after: NONE };
    const namespaces = namespacesOf(facts.mesh, touched);
    const before = enforcementOf({ ...on, rebuild }, namespaces, [], candidate.changes);
    const after = enforcementOf({ ...on, rebuild }, namespaces, candidate.changes);
    if ('refused' in before || 'refused' in after) return { before: NONE, after: NONE };
    const ids = new Set(touched.map(({ id }) => id));
    const judge = (enforcement: Enforcement): Causes => {
      const own = factsOf(enforcement);
      const workloads = own.mesh.workloads.filter(({ id }) => ids.has(id));
      const near = factsWith(own, { mesh: { ...own.mesh, workloads }, wanted: facts.wanted });
      return openCauses(asked, near);
    };
    return { before: judge(before.enforcement), after: judge(after.enforcement) };
  };
}
