import type { ChainKind, ServicePort } from '../types.ts';

/** A port of a Service (or of a ServiceEntry that selects workloads) that leads to a port of a workload. */
export interface ServiceClaim {
  /** Key of the Service in the mesh, or of the ServiceEntry, as `ServiceEntry ns/name`. */
  readonly source: string;
  readonly isService: boolean;
  /** False for a Service that opted out of leading Gateway servers to its target ports. */
  readonly translates: boolean;
  readonly created?: string | undefined;
  readonly port: number;
  readonly name?: string | undefined;
  /** The workload's own port. */
  readonly target: number;
  readonly transport: ServicePort['transport'];
  readonly protocol: string;
  readonly chain: ChainKind;
}
