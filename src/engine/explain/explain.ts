import { plainBy } from '../../model/by.ts';
import type { Explanation } from '../../result/explanation.ts';
import type { Request } from '../../result/request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Unresolved } from '../../semantics/resolve-request.ts';
import type { Query } from '../../semantics/query.ts';
import type { Requirement, TraceStep, Verdict } from '../../semantics/verdict.ts';
import { type Answered, answerRequest } from '../answer-request.ts';
import { describeRequirement } from '../describe-requirement.ts';
import type { InputTexts } from '../plan/input-texts.ts';
import { describeByHand } from '../plan/render-remediation.ts';
import { unedited } from '../plan/edit-files.ts';
import { renderOn, renderSteps, type StepPatches } from '../plan/render-patches.ts';
import { type Change, type ChangeStep, findChange } from './find-change.ts';
import { findNearest, type Nearest } from './find-nearest.ts';
import { hideCredentials } from './hide-credentials.ts';
import { symptomOf } from './symptom.ts';

/** Decides one request and says why, what comes nearest to it with the other verdict, and what would have to change. */
export function explain(
  enforcement: Enforcement,
  request: Request,
  /** The files of the input, for patches of them. */
  texts: InputTexts,
  /** Without: what is nearest and what would have to change are left out, as where the caller is only a stand-in. */
  { search = true }: { readonly search?: boolean } = {},
): Explanation | Unresolved {
  const answered = answerRequest(enforcement, request, { explain: true, watch: true });
  if ('error' in answered) return answered;
  const { decisive, endpoints } = answered;
  const { verdict } = decisive;
  const nearest = search ? findNearest(enforcement, request, answered) : undefined;
  const change = search ? findChange(enforcement, request, answered) : undefined;
  const symptom = symptomOf(decisive);
  return {
    request: hideCredentials(request),
    verdict: verdict.outcome,
    requires: verdict.requires.map(requirementResult),
    assumes: assumptionsOf(answered),
    by: verdict.by && plainBy(verdict.by),
    reason: verdict.reason,
    point: verdict.point,
    ...(symptom === undefined ? {} : { symptom }),
    ...(verdict.routed === undefined ? {} : { routed: verdict.routed }),
    trace: verdict.trace.map(stepResult),
    ...(nearest === undefined ? {} : { nearest: nearest && nearestResult(nearest) }),
    ...(change === undefined ? {} : { change: change && changeResult(change, texts) }),
    ...(endpoints.length > 1 || request.to.service !== undefined
      ? {
          endpoints: endpoints.flatMap(({ query, verdict: own }) =>
            query
              ? [{ workload: query.destination.workload.id, port: query.destination.port, decided: decidedResult(own) }]
              : [],
          ),
        }
      : {}),
  };
}

/** What the verdict rests on, and what data planes the workloads at both ends are taken to have. */
function assumptionsOf({ decisive: { query, verdict } }: Answered): readonly string[] {
  const source = query?.source.position.kind === 'workload' ? [query.source.position.workload] : [];
  const ends = [...source, ...(query ? [query.destination.workload] : [])];
  const unknown = ends
    .filter(({ dataPlane }) => dataPlane.status === 'UNKNOWN')
    .map(
      ({ id, dataPlane }) =>
        `${id} is taken to have ${dataPlane.kind === 'none' ? 'no data plane' : `a ${dataPlane.kind}`}: ${dataPlane.why}`,
    );
  const spoken = query ? protocolAssumption(query) : [];
  return [
    ...new Set([...spoken, ...verdict.assumes, ...ends.flatMap(({ dataPlane }) => dataPlane.assumes), ...unknown]),
  ];
}

/** On a port that detects its protocol, what the bytes are decides which rules there are (reference §2.8, §6). */
function protocolAssumption({ destination: { workload, port, via }, http }: Query): readonly string[] {
  const declared = via?.port ?? workload.ports.find((each) => each.port === port);
  if (workload.dataPlane.kind !== 'sidecar' || declared?.chain !== 'auto') return [];
  const spoken = http ? 'HTTP' : 'something else than HTTP';
  return [
    `the connection speaks ${spoken}: port ${declared.port} detects its protocol, and what is not alike meets other rules`,
  ];
}

const requirementResult = (requirement: Requirement): Explanation['requires'][number] => ({
  kind: requirement.kind,
  text: describeRequirement(requirement),
  ...('by' in requirement && requirement.by ? { by: plainBy(requirement.by) } : {}),
});

const stepResult = ({ by, ...step }: TraceStep): Explanation['trace'][number] =>
  by ? { ...step, by: plainBy(by) } : step;

const decidedResult = ({ outcome, by, reason, point, requires }: Verdict) => ({
  verdict: outcome,
  by: by && plainBy(by),
  reason,
  point,
  requires: requires.map(requirementResult),
});

const nearestResult = ({ request, edits, verdict }: Nearest): NonNullable<Explanation['nearest']> => ({
  request: hideCredentials(request),
  changes: edits.map(({ text }) => text),
  decided: decidedResult(verdict),
});

type ShownStep = NonNullable<Explanation['change']>['steps'][number];

/** Steps are patches one upon the other; each alternative is one of the input as it is. */
function changeResult(
  { to, advice, steps, after, alternatives }: Change,
  texts: InputTexts,
): NonNullable<Explanation['change']> {
  const input = unedited(texts);
  const patches = renderSteps(
    steps.map(({ proposal }) => [proposal.change]),
    input,
  );
  return {
    to,
    ...(advice === undefined ? {} : { advice }),
    steps: steps.map((step, index) => changeStepResult(step, patches[index])),
    after: after && decidedResult(after),
    alternatives: alternatives.map((step) => changeStepResult(step, renderOn(input, [step.proposal.change]))),
  };
}

function changeStepResult({ proposal, effect }: ChangeStep, rendered: StepPatches | undefined): ShownStep {
  const { summary, resource, limits } = proposal;
  const { kind, namespace, name, origin } = resource;
  const [patch] = rendered?.patches ?? [];
  const byHand = rendered ? describeByHand(rendered) : [];
  return {
    summary,
    patch: patch ?? { file: origin.source, kind: 'edit', diff: '', objects: [`${kind} ${namespace}/${name}`] },
    ...(byHand.length > 0 ? { byHand } : {}),
    also: {
      ...(limits === undefined || effect.nearby ? {} : { limits }),
      basis: effect.basis,
      looked: effect.looked,
      turned: effect.turned,
      examples: effect.examples.map(hideCredentials),
    },
  };
}
