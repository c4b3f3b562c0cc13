import type { EnvoyFilter, EnvoyFilterPatch } from '../model/istio/envoy-filter.ts';
import type { Workload } from '../model/inventory/types.ts';
import type { Resource } from '../model/resource.ts';
import type { Resources } from '../model/resources.ts';
import { matchesLabels } from '../model/inventory/label-selection.ts';

const TOUCHING = new Set(['LISTENER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER', 'LISTENER_FILTER']);
/** Filters that answer no question of access: adding one changes no verdict (reference §15.9). */
const HARMLESS =
  /\.(local_ratelimit|ratelimit|compressor|decompressor|buffer|grpc_stats|stats|istio_stats|stackdriver|cors|fault|grpc_web|tap|bandwidth_limit|admission_control)$|^istio\.stats$/;

/**
 * EnvoyFilters that may change what a proxy enforces on inbound traffic. Which change they make is not worked out here: verdicts of such
 * workloads are conditional, with the patch named. Reference §9.1, §15.9.
 */
export class ProxyPatches {
  readonly #byNamespace = new Map<string, EnvoyFilter[]>();
  readonly #rootNamespace: string;

  constructor(resources: Resources, rootNamespace: string) {
    this.#rootNamespace = rootNamespace;
    for (const filter of resources.of('EnvoyFilter')) {
      const key = `${filter.cluster}:${filter.namespace}`;
      this.#byNamespace.set(key, [...(this.#byNamespace.get(key) ?? []), filter]);
    }
  }

  of(workload: Workload): readonly Resource[] {
    if (this.#byNamespace.size === 0 || workload.dataPlane.kind === 'none' || workload.dataPlane.kind === 'ambient')
      return [];
    const namespaces = new Set([this.#rootNamespace, workload.namespace]);
    return [...namespaces]
      .flatMap((namespace) => this.#byNamespace.get(`${workload.cluster}:${namespace}`) ?? [])
      .filter(
        (filter) =>
          selects(filter, workload) && (filter.spec.configPatches ?? []).some((patch) => mayTouch(patch, workload)),
      );
  }
}

function selects({ spec }: EnvoyFilter, workload: Workload): boolean {
  if (spec.targetRefs?.length) {
    return workload.gateway !== undefined && spec.targetRefs.some(({ name }) => name === workload.gateway?.gatewayName);
  }
  // Waypoints take only targetRefs.
  return workload.gateway?.kind !== 'waypoint' && matchesLabels(spec.workloadSelector?.labels ?? {}, workload.labels);
}

function mayTouch({ applyTo, match, patch }: EnvoyFilterPatch, workload: Workload): boolean {
  const context = match?.context ?? 'ANY';
  const wanted = workload.dataPlane.kind === 'gateway' ? ['ANY', 'GATEWAY', 'WAYPOINT'] : ['ANY', 'SIDECAR_INBOUND'];
  if (!wanted.includes(context) || !TOUCHING.has(applyTo ?? '')) return false;
  const adds = patch?.operation?.startsWith('INSERT') || patch?.operation === 'ADD';
  const name = nameIn(patch?.value);
  return !(adds && name !== undefined && HARMLESS.test(name));
}

function nameIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('name' in value)) return undefined;
  return typeof value.name === 'string' ? value.name : undefined;
}
