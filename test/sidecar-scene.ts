import { inlineObject } from '../src/collect/collect.ts';
import { loadMesh } from '../src/engine/load-mesh.ts';
import { Enforcement } from '../src/semantics/enforcement.ts';

interface ScenePort {
  readonly number: number;
  readonly targetPort?: number;
  readonly name: string;
  readonly appProtocol?: string;
}

export interface SceneWorkload {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount?: string;
  readonly podIP?: string;
  readonly ports: readonly ScenePort[];
  readonly noSidecar?: boolean;
}

/** A pod with a sidecar of its own. */
export interface SceneClient {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
}

/** What a recording took as given: one workload with a sidecar, and the policies around it. */
export interface Scene {
  readonly mesh?: unknown;
  readonly workload: SceneWorkload;
  readonly client?: SceneClient;
  readonly policies: readonly Readonly<Record<string, unknown>>[];
  /** Services that exist besides the workload's own, as namespace/name and their ports; if given, there are no others. */
  readonly services?: Readonly<Record<string, readonly number[]>>;
}

/** The name of the pod and of the Service in front of it. */
export const SCENE_APP = 'app';

/** The name of the client's pod. */
export const SCENE_CLIENT = 'client';

const SIDECAR = { name: 'istio-proxy', image: 'proxyv2:1' };
const INJECTED = { 'sidecar.istio.io/status': '{}' };

function clientObjects({
  namespace,
  labels,
  serviceAccount,
}: SceneClient): readonly Readonly<Record<string, unknown>>[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { 'istio-injection': 'enabled' } } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: SCENE_CLIENT, namespace, labels, annotations: INJECTED },
      spec: { serviceAccountName: serviceAccount, containers: [{ name: SCENE_CLIENT, image: 'client:1' }, SIDECAR] },
    },
  ];
}

/** The recorded workload as manifests: an injected pod behind one Service. */
export function enforcementOf({ mesh = {}, workload, client, policies, services }: Scene): Enforcement {
  const { namespace, labels, serviceAccount = SCENE_APP, podIP, ports, noSidecar = false } = workload;
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: noSidecar ? {} : { 'istio-injection': 'enabled' } },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio', namespace: 'istio-system' },
      data: { mesh: JSON.stringify(mesh) },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: SCENE_APP, namespace, labels, annotations: noSidecar ? {} : INJECTED },
      spec: {
        serviceAccountName: serviceAccount,
        containers: [
          {
            name: SCENE_APP,
            image: 'app:1',
            ports: ports.map(({ number, targetPort }) => ({ containerPort: targetPort ?? number })),
          },
          ...(noSidecar ? [] : [SIDECAR]),
        ],
      },
      ...(podIP ? { status: { phase: 'Running', podIP } } : {}),
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: SCENE_APP, namespace },
      spec: {
        selector: labels,
        ports: ports.map(({ number, targetPort, name, appProtocol }) => ({
          name,
          port: number,
          targetPort: targetPort ?? number,
          ...(appProtocol === undefined ? {} : { appProtocol }),
        })),
      },
    },
    ...Object.entries(services ?? {}).map(([id, numbers]) => {
      const [inNamespace, name] = id.split('/');
      const spec = { ports: numbers.map((port) => ({ name: `p${port}`, port })) };
      return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: inNamespace }, spec };
    }),
    ...(client ? clientObjects(client) : []),
    ...policies,
  ];
  const facts = services ? { complete: ['all'] } : {};
  return new Enforcement(
    loadMesh(
      objects.map((object) => inlineObject(object, 'vector', 1)),
      facts,
    ).mesh,
  );
}
