import type { Resource } from './resource.ts';
import type { Shape } from './shape.ts';

/** How objects of one kind are recognised and read. One file per kind exports one of these. */
export interface KindDefinition<Name extends string = string, Spec = unknown> {
  /** Unique in the catalogue; the Kubernetes kind, prefixed where two API groups share it (`KubernetesGateway`). */
  readonly name: Name;
  /** The Kubernetes kind as written in manifests. */
  readonly kind: string;
  readonly group: string;
  readonly scope: 'Namespaced' | 'Cluster';
  /** The versions that exist, where an unknown one deserves a warning; any version is read. */
  readonly versions?: readonly string[];
  /** Reads `spec`, or with `reads: 'object'` the whole object (kinds that have no `spec`, as Role, ConfigMap). */
  readonly shape: Shape<Spec>;
  readonly reads?: 'spec' | 'object';
  /** Keep the raw `status` (Pods, Gateways). */
  readonly keepsStatus?: true;
  /** The only name that the API server takes. */
  readonly onlyName?: string;
  /** Which objects of the kind the model wants; others are only counted (ConfigMaps not of Istio, …). */
  readonly wanted?: (metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }) => boolean;
  /**
   * A kind on which verdicts rest: an object that the API server would refuse (wrong type, unknown enum value) is left out with an error,
   * since it cannot exist in a cluster. Elsewhere only the bad value is left out.
   */
  readonly decisive?: true;
}

export type SpecOf<D> = D extends KindDefinition<string, infer Spec> ? Spec : never;
export type ResourceOf<D> = Resource<SpecOf<D>>;

export const defineKind = <const Name extends string, Spec>(
  definition: KindDefinition<Name, Spec>,
): KindDefinition<Name, Spec> => definition;
