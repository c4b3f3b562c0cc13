import type { Facts, Flow } from '../../graph/facts.ts';
import type { AttackPath } from '../../graph/attack/attack-path.ts';
import { severityRank } from '../../findings/severity.ts';
import type { Rebuild } from '../../remediate/rebuild.ts';
import type { Candidate } from '../../remediate/candidate.ts';
import type { Plan } from '../../remediate/make-plan.ts';
import type { WantedCall } from '../../remediate/wanted-calls.ts';
import type { Stated } from '../../graph/make-facts.ts';
import type { Severity } from '../../result/status.ts';
import type { Finding, PlanResult, PlanStep } from '../../result/types.ts';
import { pathLine } from '../paths/path-line.ts';
import { severityOfPath } from '../paths/severity-of-path.ts';
import { type ArrangedStep, arrangeSteps, HORIZONS } from '../plan/arrange-steps.ts';
import { closedFindings } from '../plan/closed-findings.ts';
import type { EditedFiles } from '../plan/edit-files.ts';
import { knownOutages } from '../plan/known-outages.ts';
import { renderSteps, type StepPatches } from '../plan/render-patches.ts';
import { rollBackOf } from '../plan/roll-back.ts';
import { rolloutOf } from '../plan/rollout.ts';
import { stepTests } from '../plan/step-tests.ts';

export interface PlanParts {
  readonly facts: Facts;
  readonly stated: Stated;
  readonly rebuild: Rebuild;
  readonly findings: readonly Finding[];
  /** The files that the input was read from. */
  readonly files: EditedFiles;
  /** The input as it was named, for commands. */
  readonly input: string;
}

export interface PlannedResult {
  readonly plan: PlanResult;
  /** The steps in the order of the result. */
  readonly steps: readonly ArrangedStep[];
}

/** A plan as the result shows it: in order, by horizon, with patches and all that is needed to roll it out. */
export function planResult(parts: PlanParts, plan: Plan): PlannedResult {
  const { facts, findings, files } = parts;
  const closed = closedFindings(parts, plan.steps, findings);
  const severities = new Map(findings.map(({ fingerprint, severity }) => [fingerprint, severity]));
  const weighed = plan.steps.map((step) => ({
    step,
    severity: worstOf([
      ...step.proof.closes.map((path) => severityOfPath(facts, path)),
      ...(closed.get(step) ?? []).flatMap((fingerprint) => severities.get(fingerprint) ?? []),
    ]),
  }));
  const steps = arrangeSteps(weighed);
  const patches = renderSteps(
    steps.map(({ step }) => step.candidate.changes),
    files,
  );
  const shown = steps.map((arranged, index) =>
    stepResult(parts, plan, arranged, closed.get(arranged.step) ?? [], patches[index] as StepPatches),
  );
  return {
    steps,
    plan: {
      horizons: HORIZONS.map((name) => ({
        name,
        steps: shown.filter((_, index) => steps[index]?.horizon === name),
      })).filter((horizon) => horizon.steps.length > 0),
      unclosed: plan.unclosed
        .map(({ path, why }) => ({ path: path.id, severity: severityOfPath(facts, path), what: pathLine(path), why }))
        .toSorted((a, b) => severityRank(a.severity) - severityRank(b.severity)),
    },
  };
}

const worstOf = (severities: readonly Severity[]): Severity | undefined =>
  severities.toSorted((a, b) => severityRank(a) - severityRank(b))[0];

function stepResult(
  { facts, input }: PlanParts,
  plan: Plan,
  { step, id, number, severity, after }: ArrangedStep,
  findings: readonly string[],
  { patches, rendered, refused }: StepPatches,
): PlanStep {
  const { candidate, proof } = step;
  const { changes, destinations, senders, summary, effort, unproven, sideEffects } = candidate;
  const owners = new Set([...destinations, ...senders].map(({ owner }) => owner));
  const [owner] = owners.size === 1 ? owners : [];
  return {
    id,
    number,
    summary,
    ...(owner === undefined ? {} : { owner }),
    severity,
    closes: { findings, paths: proof.closes.map((path: AttackPath) => path.id) },
    keeps: { of: proof.of, have: proof.of - proof.breaks.length },
    basis: basisOf(candidate, proof.calls),
    breaks: proof.breaks.map(flowOf),
    preconditions: [...new Set([...candidate.preconditions, ...knownOutages(facts, candidate), ...proof.between])],
    needs: candidate.unknownCallers.length > 0 ? ['--accept-unknown-callers'] : [],
    unproven: [...unproven, ...unknownCallers(candidate)],
    sideEffects: [...sideEffects],
    effort,
    rollout: rolloutOf(facts, candidate),
    patches: [...patches],
    byHand: [
      ...rendered.flatMap(({ file, objects, source }) =>
        objects.map((object) => ({
          object,
          file,
          message: `made by ${source.by} from ${source.origin}`,
          help: source.help,
        })),
      ),
      ...refused.map(({ object, file, message, help }) => ({ object, file, message, help })),
    ],
    tests: stepTests(facts, plan.result, proof, input),
    rollback: rollBackOf(changes),
    after: [...after],
  };
}

const SHOWN = 4;

function unknownCallers({ unknownCallers: workloads }: Candidate): readonly string[] {
  if (workloads.length === 0) return [];
  const names = workloads.slice(0, SHOWN).map(({ id }) => id);
  const more = workloads.length > SHOWN ? ` and ${workloads.length - SHOWN} more` : '';
  return [`who calls ${names.join(', ')}${more}: nothing is declared or accepted for it`];
}

/** `6 declared, 2 implied, 0 seen`, or that nobody knows. */
function basisOf({ unknownCallers: workloads }: Candidate, calls: readonly WantedCall[]): string {
  const count = (basis: Flow['basis']): number => calls.filter((call) => call.basis === basis).length;
  const implied = count('implied');
  const known = `${count('declared')} declared, ${implied > 0 ? `${implied} implied, ` : ''}${count('accepted')} seen`;
  return workloads.length > 0 ? `${known}; callers of ${workloads.length} unknown` : known;
}

const flowOf = ({ from, to, port, method, path, basis }: WantedCall): PlanStep['breaks'][number] => ({
  from,
  to: `${to}:${port}`,
  ...(method === undefined ? {} : { operation: `${method} ${path}` }),
  basis,
});
