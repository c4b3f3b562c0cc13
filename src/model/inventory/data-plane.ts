import { byOf } from '../by.ts';
import type { MeshConfig } from '../mesh-config.ts';
import { CAPTURES_NOTHING, captureOfAmbient, captureOfSidecar, LISTENS_ITSELF } from './capture.ts';
import { decideEnrolment } from './enrolment.ts';
import { findGatewayMark } from './gateway-role.ts';
import { decideInjection, type InjectionContext } from './injection.ts';
import { observe, type Observation } from './observation.ts';
import { findProxy, hasOwnProxy, type PodSet } from './pod-set.ts';
import type { By, DataPlane } from './types.ts';
import { REVISION } from './webhooks.ts';

export interface DataPlaneContext extends InjectionContext {
  readonly configOf: (revision: string) => MeshConfig;
  /** Some pod of the cluster carries istio-cni's annotation: then its absence on another is a fact. */
  readonly redirectionRecorded: boolean;
  /** What ambient needs and the input does not show. */
  readonly ambientAssumes: readonly string[];
}

export interface Decision {
  readonly dataPlane: DataPlane;
  /** Set where the running pods are not what the configuration asks for. */
  readonly contradiction?: string;
  /** Some of its pods hold an identity although the workload as a whole counts as outside the mesh. */
  readonly partlyInMesh?: boolean;
}

type Conclusion = Omit<DataPlane, 'capture'>;

/** What handles the traffic of the pods, and why: what runs beats what the configuration asks for (method.md, rules 2 and 4). */
export function decideDataPlane(set: PodSet, context: DataPlaneContext): Decision {
  const configured = byConfiguration(set, context);
  const observed = observe(set);
  const ambientUnseen = observed?.kind === 'none' && configured.kind === 'ambient' && !context.redirectionRecorded;
  if (!observed || ambientUnseen) {
    const unseen = 'its running pods are redirected to ztunnel: no pod of the input carries the annotation that tells';
    const concluded = ambientUnseen ? { ...configured, assumes: [...configured.assumes, unseen] } : configured;
    return { dataPlane: withCapture(set, context, concluded) };
  }
  const concluded = byObservation(set, observed, configured);
  const dataPlane = withCapture(set, context, concluded);
  const agrees = concluded.kind === configured.kind || configured.status === 'UNKNOWN';
  return {
    dataPlane,
    ...(!agrees && { contradiction: `${observed.why}, although ${configured.why}` }),
    ...(observed.kind === 'mixed' && { partlyInMesh: true }),
  };
}

function byObservation(set: PodSet, observed: Observation, configured: Conclusion): Conclusion {
  const base = { status: 'INFERRED' as const, why: observed.why, by: observed.by, assumes: [] };
  const revision = observed.revision ?? configured.revision;
  if (observed.kind === 'none' || observed.kind === 'mixed') return { ...base, kind: 'none', revision };
  if (observed.kind === 'ambient') return { ...base, kind: 'ambient', revision };
  const mark = findGatewayMark({ ...set, spec: observed.spec });
  return mark ? { ...base, kind: 'gateway', why: `${observed.why} and ${mark}`, revision } : onHost(set, { ...base, kind: 'sidecar', revision });
}

/** A template that names its proxy, then injection, then ambient; a sidecar keeps ztunnel away. */
function byConfiguration(set: PodSet, context: DataPlaneContext): Conclusion {
  const revision = set.labels[REVISION] ?? set.annotations[REVISION] ?? 'default';
  const base = { status: 'INFERRED' as const, assumes: [], revision };
  if (hasOwnProxy(set.spec)) {
    const by = byOf(set.resource, { path: [...set.templatePath, 'spec', 'containers'] });
    const mark = findGatewayMark(set);
    if (mark) return { ...base, kind: 'gateway', why: `it runs the proxy container itself and ${mark}`, by };
    return onHost(set, { ...base, ...redirection(set), kind: 'sidecar', why: 'its template holds the proxy container', by });
  }
  const injection = decideInjection(set, context);
  if (injection.outcome === 'injected') {
    const mark = findGatewayMark(set, injection.templates);
    const { why, by, assumes } = injection;
    const concluded = { ...base, ...(by && { by }), assumes, revision: injection.revision };
    return mark
      ? { ...concluded, kind: 'gateway', why: `${why} and ${mark}` }
      : { ...concluded, kind: 'sidecar', why };
  }
  const enrolment = decideEnrolment(set, context.namespace, context.labelsKnown);
  if (enrolment.outcome === 'enrolled' && injection.outcome !== 'unknown') {
    const { why, by } = enrolment;
    return { ...base, kind: 'ambient', why, ...(by && { by }), assumes: context.ambientAssumes };
  }
  const none = (why: string, by: By | undefined, rest: Partial<Conclusion> = {}): Conclusion => ({
    ...base,
    kind: 'none',
    why,
    ...(by && { by }),
    ...rest,
  });
  if (findProxy(set.spec) && injection.outcome !== 'unknown') {
    return none(`it leaves its proxy container to the injector, but ${injection.why}`, injection.by);
  }
  if (enrolment.outcome === 'refused') return none(enrolment.why, enrolment.by);
  if (injection.outcome === 'unknown' || (enrolment.outcome === 'unknown' && !injection.by)) {
    const { name } = context.namespace;
    const why = `the labels of namespace \`${name}\` are not in the input: its Namespace object, or its running pods, would tell`;
    return none(why, undefined, { status: 'UNKNOWN' });
  }
  const where = `namespace \`${context.namespace.name}\``;
  if (!injection.by) return none(injection.why, undefined);
  return none(injection.why, injection.by, {
    assumes: enrolment.outcome === 'unknown' ? [`${where} is not enrolled in ambient`] : [],
  });
}

/** Redirection would change the node's own rules: a sidecar in a host-network pod captures nothing. */
function onHost(set: PodSet, conclusion: Conclusion): Conclusion {
  if (!set.spec.hostNetwork) return conclusion;
  const by = byOf(set.resource, { path: [...set.templatePath, 'spec', 'hostNetwork'] });
  return { ...conclusion, kind: 'none', why: 'it uses the host network, where its proxy captures nothing', by };
}

/** Who redirects traffic to a proxy that the injector did not add. */
function redirection({ spec }: PodSet): Pick<Conclusion, 'assumes'> {
  const set = (spec.initContainers ?? []).some(({ name }) => name === 'istio-init' || name === 'istio-validation');
  return { assumes: set ? [] : ["Istio's CNI plugin redirects its traffic: the template has no `istio-init`"] };
}

function withCapture(set: PodSet, { settingsOf, configOf }: DataPlaneContext, conclusion: Conclusion): DataPlane {
  const { kind, revision } = conclusion;
  switch (kind) {
    case 'sidecar':
      return { ...conclusion, capture: captureOfSidecar(set, settingsOf(revision).proxy, configOf(revision)) };
    case 'ambient':
      return { ...conclusion, capture: captureOfAmbient(set) };
    case 'gateway':
      return { ...conclusion, capture: LISTENS_ITSELF };
    case 'none':
      return { ...conclusion, capture: CAPTURES_NOTHING };
  }
}
