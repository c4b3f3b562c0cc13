import { compare } from '../findings/subjects.ts';
import type { Entrance, PortFacts } from '../graph/facts.ts';
import type { MeshService } from '../model/inventory/types.ts';
import type { DeductionId } from '../result/method.ts';
import { gatewayKnowledge } from './gateways.ts';
import { isMeshConfigUnknown } from './mesh-config.ts';
import { isNamespaceComplete, type Population } from './population.ts';

/** What was seen beyond the configuration. Nothing, as long as the audit reads manifests only. */
export interface Observed {
  /** Positive and negative tests of the critical paths ran against the data plane. */
  readonly tested?: boolean;
  /** Contradictions between evidence and configuration that nobody has explained. */
  readonly conflicts?: number;
}

/**
 * What is open, by the deduction that it costs, and the read-only command that settles it: in the form of a command line with a comment, so
 * that it can be copied. What is not open is not there.
 */
export function openQuestions(population: Population, observed: Observed): Partial<Record<DeductionId, string>> {
  const questions: Record<DeductionId, string | undefined> = {
    'data-plane-evidence': dataPlaneEvidence(population),
    inventory: inventory(population),
    'traffic-tests': observed.tested ? undefined : TESTS,
    mtls: unresolved(population, 'namespaces,pods,peerauthentications', ({ mtls }) => mtls.status === 'UNKNOWN'),
    authorization: unresolved(
      population,
      'namespaces,pods,authorizationpolicies,envoyfilters,wasmplugins',
      ({ authorization }) => authorization.status === 'UNKNOWN' || authorization.posture === 'conditional',
    ),
    boundary: boundary(population),
    conflicts: observed.conflicts
      ? `istioctl proxy-status  # ${count(observed.conflicts, 'contradiction')} to explain`
      : undefined,
    version: population.facts.mesh.version
      ? undefined
      : 'istioctl version  # or state `mesh.istioVersion` in meshproof.yaml',
    intent: intent(population),
  };
  const open = Object.entries(questions).filter(([, remedy]) => remedy !== undefined);
  return Object.fromEntries(open);
}

const TESTS =
  'meshproof test SUITE --live --context NAME --out results.jsonl  # on critical paths: what must pass, and what must be refused';

function dataPlaneEvidence({ members }: Population): string | undefined {
  if (members.some(({ workload }) => workload.dataPlane.status === 'VERIFIED')) return undefined;
  return 'istioctl proxy-config all DEPLOYMENT.NAMESPACE -o json  # what the proxies hold; only configuration was read';
}

function inventory({ members, services, facts }: Population): string | undefined {
  const unknown = members
    .filter(({ workload }) => workload.dataPlane.status === 'UNKNOWN')
    .map(({ workload }) => workload.id);
  const inPart = services.filter(({ workload }) => !isNamespaceComplete(facts, workload));
  const partial = [...new Set(inPart.map(({ workload }) => workload.namespace))];
  const dangling = facts.mesh.services.filter(selectsNothing).map(({ id }) => id);
  const parts = [
    ...(facts.mesh.workloads.length === 0 ? ['no workload is in the input'] : []),
    ...named(unknown, `of ${members.length} data planes unknown`),
    ...named(partial, 'namespaces not complete'),
    ...named(dangling, 'Services select no workload of the input'),
  ];
  if (parts.length === 0) return undefined;
  return `kubectl get namespaces,pods,deployments,statefulsets,daemonsets,jobs,cronjobs,services -A -o yaml  # ${parts.join('; ')}`;
}

function selectsNothing({ type, workloads, resource }: MeshService): boolean {
  const spec = resource.spec as { readonly selector?: Readonly<Record<string, string>> } | undefined;
  return type !== 'ExternalName' && workloads.length === 0 && Object.keys(spec?.selector ?? {}).length > 0;
}

function unresolved({ tcpPorts }: Population, kinds: string, isOpen: (port: PortFacts) => boolean): string | undefined {
  const open = tcpPorts
    .filter(({ facts }) => isOpen(facts))
    .map(({ facts }) => `${facts.workload.id}:${facts.port.port}`);
  const [what] = named(open, `of ${tcpPorts.length} ports`);
  return what && `kubectl get ${kinds} -A -o yaml  # ${what}`;
}

function boundary(population: Population): string | undefined {
  const { facts, members } = population;
  const { unmodelled } = facts.mesh.resources;
  const isUnclear = ({ verdict }: Entrance): boolean => verdict.outcome === 'unknown';
  const unclear = members.filter(({ ports }) =>
    ports.some((port) => port.internet.some(isUnclear) || port.facts.nodeNetwork.some(isUnclear)),
  );
  const touching = unmodelled.filter(({ touches }) => touches === 'ingress' || touches === 'network-policy');
  const needs = [
    ...(gatewayKnowledge(facts).whenEmpty ? [] : [{ get: GATEWAYS, why: 'no gateway in the input' }]),
    ...(isMeshConfigUnknown(facts)
      ? [
          {
            get: `kubectl get configmap istio -n ${facts.enforcement.rootNamespace} -o yaml`,
            why: 'no mesh config in the input',
          },
        ]
      : []),
    ...named(
      touching.map(({ kind, namespace, name }) => `${kind} ${namespace ? `${namespace}/` : ''}${name}`),
      'objects not modelled',
    ).map((why) => ({ get: '', why })),
    ...named(
      unclear.map(({ workload }) => workload.id),
      'workloads with a way in that is not decided',
    ).map((why) => ({ get: GATEWAYS, why })),
  ];
  if (needs.length === 0) return undefined;
  const commands = [...new Set(needs.map(({ get }) => get).filter((get) => get !== ''))];
  return [commands.join('; '), `# ${needs.map(({ why }) => why).join('; ')}`].filter(Boolean).join('  ');
}

const GATEWAYS =
  'kubectl get gateways.networking.istio.io,gateways.gateway.networking.k8s.io,virtualservices,httproutes,ingresses,services,pods -A -o yaml';

function intent({ services, facts }: Population): string | undefined {
  const workloads = services.map(({ workload }) => workload);
  const unclassified = workloads
    .filter((workload) => facts.sensitivity(workload).basis === 'unknown')
    .map(({ id }) => id);
  const unstated = workloads.filter((workload) => !facts.wanted.isStated(workload)).map(({ id }) => id);
  const parts = [
    ...named(unclassified, `of ${services.length} workloads without a stated sensitivity`),
    ...named(unstated, `of ${services.length} without stated callers`),
  ];
  if (services.length > 0 && parts.length === 0) return undefined;
  return `# meshproof.yaml, \`assets\` and \`wanted\`${parts.length > 0 ? `: ${parts.join('; ')}` : ''}`;
}

const SHOWN = 3;

/** `3 of 41 ports (shop/web:8080, …)`; nothing where there is none. */
function named(items: readonly string[], what: string): string[] {
  if (items.length === 0) return [];
  const list = items.toSorted(compare).slice(0, SHOWN).join(', ');
  return [`${items.length} ${what} (${list}${items.length > SHOWN ? ', …' : ''})`];
}

const count = (amount: number, singular: string): string => `${amount} ${singular}${amount === 1 ? '' : 's'}`;
