import { byOf } from '../../by.ts';
import type { MeshConfig } from '../../mesh-config.ts';
import { CAPTURES_NOTHING, captureOfAmbient, captureOfSidecar, LISTENS_ITSELF } from '../capture.ts';
import { findGatewayMark } from '../gateways/role.ts';
import { findProxy, hasOwnProxy, type PodSet, proxyPath } from '../pods/pod-set.ts';
import type { By, DataPlane } from '../types.ts';
import { decideEnrolment } from './enrolment.ts';
import { decideInjection, type InjectionContext } from './injection.ts';
import { type Observation, observe } from './observation.ts';
import { type StartContext, startOrder } from './start-order.ts';
import { REVISION } from './webhooks.ts';

export interface DataPlaneContext extends InjectionContext {
  readonly configOf: (revision: string) => MeshConfig;
  /** What ambient needs and the input does not show. */
  readonly ambientAssumes: readonly string[];
  readonly startOf: (revision: string) => StartContext;
}

export interface Decision {
  readonly dataPlane: DataPlane;
  /** Set where the running pods are not what the configuration asks for. */
  readonly contradiction?: string;
  /** Some of its pods hold an identity although the workload as a whole counts as outside the mesh. */
  readonly partlyInMesh?: boolean;
}

type Conclusion = Omit<DataPlane, 'capture' | 'startup'>;

/** What handles the traffic of the pods, and why: what runs beats what the configuration asks for (method.md, rules 2 and 4). */
export function decideDataPlane(set: PodSet, context: DataPlaneContext): Decision {
  const configured = byConfiguration(set, context);
  const observed = observe(set);
  if (!observed) return { dataPlane: withCapture(set, context, configured, undefined) };

  const concluded = byObservation(set, observed, configured);
  const contradicted = concluded.kind !== configured.kind && configured.status !== 'UNKNOWN';
  // The cause is worth more than the pods that show it; a bare pod is its own cause.
  const explained = !contradicted && configured.status !== 'UNKNOWN' && set.resource.kind !== 'Pod';
  const explanation = { why: `${concluded.why}: ${configured.why}`, ...(configured.by && { by: configured.by }) };
  return {
    dataPlane: withCapture(set, context, explained ? { ...concluded, ...explanation } : concluded, observed),
    ...(contradicted && { contradiction: `${observed.why}, although ${configured.why}` }),
    ...(observed.kind === 'mixed' && { partlyInMesh: true }),
  };
}

function byObservation(set: PodSet, observed: Observation, configured: Conclusion): Conclusion {
  const revision = observed.revision ?? configured.revision;
  const base = { status: 'INFERRED' as const, why: observed.why, by: observed.by, assumes: [], revision };
  if (observed.kind === 'none' || observed.kind === 'mixed') return { ...base, kind: 'none' };
  if (observed.kind === 'ambient') return { ...base, kind: 'ambient' };
  const mark = findGatewayMark({ ...set, spec: observed.spec });
  return mark
    ? { ...base, kind: 'gateway', why: `${observed.why} and ${mark}` }
    : onHost(set, { ...base, kind: 'sidecar' });
}

/** A template that names its proxy, then injection, then ambient: a sidecar keeps ztunnel away. */
function byConfiguration(set: PodSet, context: DataPlaneContext): Conclusion {
  const { namespace, labelsKnown, ambientAssumes } = context;
  const revision = set.labels[REVISION] ?? set.annotations[REVISION] ?? namespace.labels[REVISION] ?? 'default';
  const base = { status: 'INFERRED' as const, assumes: [], revision };
  if (hasOwnProxy(set.spec)) return withOwnProxy(set, base);

  const injection = decideInjection(set, context);
  if (injection.outcome === 'injected') {
    const mark = findGatewayMark(set, injection.templates);
    const { why, by, assumes } = injection;
    const concluded = { ...base, assumes, revision: injection.revision, why: mark ? `${why} and ${mark}` : why };
    const kind = mark ? 'gateway' : 'sidecar';
    return by ? { ...concluded, kind, by } : { ...concluded, kind };
  }
  const enrolment = decideEnrolment(set, namespace, labelsKnown);
  if (enrolment.outcome === 'enrolled') {
    const unknown =
      injection.outcome === 'unknown' ? [`namespace \`${namespace.name}\` does not ask for sidecars`] : [];
    const { why, by } = enrolment;
    const concluded = { ...base, kind: 'ambient' as const, why, assumes: [...ambientAssumes, ...unknown] };
    return by ? { ...concluded, by } : concluded;
  }
  if (injection.outcome === 'unknown') {
    const why = `${injection.why}: its Namespace object, or its running pods, would tell`;
    return { ...base, kind: 'none', status: 'UNKNOWN', why };
  }
  if (findProxy(set.spec)) return outside(base, injection, 'it leaves its proxy container to the injector, but ');
  if (enrolment.outcome === 'refused') return outside(base, enrolment);
  const notAmbient =
    enrolment.outcome === 'unknown' ? [`namespace \`${namespace.name}\` is not enrolled in ambient`] : [];
  return { ...outside(base, injection), assumes: notAmbient };
}

type Base = Pick<Conclusion, 'status' | 'assumes' | 'revision'>;

function withOwnProxy(set: PodSet, base: Base): Conclusion {
  const by = byOf(set.resource, { path: [...set.templatePath, ...proxyPath(set.spec)] });
  const mark = findGatewayMark(set);
  if (mark) return { ...base, kind: 'gateway', why: `its template holds the proxy container and ${mark}`, by };
  const assumes = redirects(set) ? [] : ["Istio's CNI plugin redirects its traffic: the template has no `istio-init`"];
  return onHost(set, { ...base, kind: 'sidecar', why: 'its template holds the proxy container', by, assumes });
}

function outside(base: Base, { why, by }: { readonly why: string; readonly by?: By }, lead = ''): Conclusion {
  const concluded = { ...base, kind: 'none' as const, why: `${lead}${why}` };
  return by ? { ...concluded, by } : concluded;
}

/** Redirection would change the node's own rules: a sidecar in a host-network pod captures nothing. */
function onHost(set: PodSet, conclusion: Conclusion): Conclusion {
  if (!set.spec.hostNetwork) return conclusion;
  const by = byOf(set.resource, { path: [...set.templatePath, 'spec', 'hostNetwork'] });
  return { ...conclusion, kind: 'none', why: 'it uses the host network, where its proxy captures nothing', by };
}

/** Whether the template itself redirects traffic to its proxy. */
function redirects({ spec }: PodSet): boolean {
  return (spec.initContainers ?? []).some(({ name }) => name === 'istio-init' || name === 'istio-validation');
}

function withCapture(
  set: PodSet,
  { settingsOf, configOf, startOf }: DataPlaneContext,
  conclusion: Conclusion,
  observed: Observation | undefined,
): DataPlane {
  const { kind, revision } = conclusion;
  switch (kind) {
    case 'sidecar': {
      const capture = captureOfSidecar(set, settingsOf(revision).proxy, configOf(revision));
      const injected = observed?.kind === 'sidecar' && observed.spec.containers ? observed.spec : undefined;
      const startup = startOrder(set, injected, startOf(revision));
      return startup.length > 0 ? { ...conclusion, capture, startup } : { ...conclusion, capture };
    }
    case 'ambient':
      return { ...conclusion, capture: captureOfAmbient(set) };
    case 'gateway':
      return { ...conclusion, capture: LISTENS_ITSELF };
    case 'none':
      return { ...conclusion, capture: CAPTURES_NOTHING };
  }
}
