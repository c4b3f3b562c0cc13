import { boolean, type Infer, list, map, number, object, string, text } from '../shape.ts';
import { container } from './container.ts';

const volume = object({
  name: string,
  hostPath: object({ path: string, type: string }),
  secret: object({ secretName: string }),
  configMap: object({ name: string }),
  projected: object({
    sources: list(
      object({
        serviceAccountToken: object({ audience: string, path: string }),
        secret: object({ name: string }),
        configMap: object({ name: string }),
      }),
    ),
  }),
  csi: object({ driver: string }),
});

/** What a pod is, as far as the mesh, its identity and its isolation from the node go. */
export const podSpec = object({
  hostNetwork: boolean,
  hostPID: boolean,
  hostIPC: boolean,
  hostUsers: boolean,
  shareProcessNamespace: boolean,
  serviceAccountName: string,
  /** Deprecated alias of `serviceAccountName`. */
  serviceAccount: string,
  automountServiceAccountToken: boolean,
  nodeName: string,
  nodeSelector: map(text),
  restartPolicy: string,
  containers: list(container),
  initContainers: list(container),
  ephemeralContainers: list(container),
  securityContext: object({ runAsUser: number, runAsGroup: number, runAsNonRoot: boolean }),
  volumes: list(volume),
});

/** The template of every controller. */
export const podTemplate = object({
  metadata: object({ labels: map(text), annotations: map(text) }),
  spec: podSpec,
});

export type PodSpec = Infer<typeof podSpec>;
export type PodTemplate = Infer<typeof podTemplate>;
export type Volume = Infer<typeof volume>;
