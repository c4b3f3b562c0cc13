import { boolean, type Infer, intOrString, list, number, object, type Shape, string } from '../shape.ts';

/** Containers that configure the mesh itself; of all others environment and arguments are dropped, since they may hold secrets. */
const ISTIO_CONTAINERS: ReadonlySet<string> = new Set([
  'discovery',
  'istio-proxy',
  'istio-init',
  'istio-validation',
  'install-cni',
]);

const probe = object({
  httpGet: object({ port: intOrString, path: string, scheme: string, host: string }),
  tcpSocket: object({ port: intOrString, host: string }),
  grpc: object({ port: number, service: string }),
  /** Its presence only: commands may hold secrets. */
  exec: object({}),
});

const securityContext = object({
  runAsUser: number,
  runAsGroup: number,
  runAsNonRoot: boolean,
  privileged: boolean,
  allowPrivilegeEscalation: boolean,
  readOnlyRootFilesystem: boolean,
  capabilities: object({ add: list(string), drop: list(string) }),
});

const fields = {
  name: string,
  image: string,
  ports: list(object({ name: string, containerPort: number, protocol: string, hostPort: number, hostIP: string })),
  securityContext,
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: object({ postStart: object({}), preStop: object({}) }),
  /** `Always` on an init container makes it a native sidecar. */
  restartPolicy: string,
  volumeMounts: list(object({ name: string, mountPath: string, readOnly: boolean })),
};

const ordinary = object(fields);
const ofIstio = object({
  ...fields,
  args: list(string),
  /** Literal values only; entries with `valueFrom` keep their name. */
  env: list(object({ name: string, value: string })),
});

/** A container; `args` and `env` are there for Istio's own containers only. */
export const container: Shape<Infer<typeof ofIstio>> = {
  decode(value, at) {
    const name = (value as { readonly name?: unknown } | null | undefined)?.name;
    return typeof name === 'string' && ISTIO_CONTAINERS.has(name)
      ? ofIstio.decode(value, at)
      : ordinary.decode(value, at);
  },
};

export type ContainerSpec = Infer<typeof container>;
export type Probe = Infer<typeof probe>;
