import type { KindName, SpecOfKind } from './kinds.ts';
import type { Origin, Resource } from './resource.ts';

/** An object of a kind that is not modelled but may change what the mesh enforces. */
export interface Unmodelled {
  readonly kind: string;
  readonly apiVersion: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly origin: Origin;
  /** What it may touch. */
  readonly touches: 'network-policy' | 'ingress' | 'authorization' | 'mesh';
  /** Why that matters, one sentence. */
  readonly why: string;
}

/** All decoded objects, immutable, in input order, indexed by kind and namespace. */
export interface Resources {
  of<N extends KindName>(kind: N): readonly Resource<SpecOfKind<N>>[];
  inNamespace<N extends KindName>(kind: N, namespace: string, cluster?: string): readonly Resource<SpecOfKind<N>>[];
  find<N extends KindName>(
    kind: N,
    namespace: string,
    name: string,
    cluster?: string,
  ): Resource<SpecOfKind<N>> | undefined;
  /** Everything, for counts. */
  readonly size: number;
  readonly unmodelled: readonly Unmodelled[];
  /** Objects seen per Kubernetes kind, modelled or not, sorted by kind. */
  readonly counts: Readonly<Record<string, number>>;
}
