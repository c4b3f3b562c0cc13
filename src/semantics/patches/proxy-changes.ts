import { byOf } from '../../model/by.ts';
import { matchesLabels } from '../../model/inventory/label-selection.ts';
import type { Mesh, MeshService, Workload } from '../../model/inventory/types.ts';
import type { EnvoyFilter, EnvoyFilterPatch } from '../../model/istio/envoy-filter.ts';
import type { TrafficExtension } from '../../model/istio/traffic-extension.ts';
import type { WasmPlugin } from '../../model/istio/wasm-plugin.ts';
import { type AttachmentPoint, attachedPolicies, isReadBy } from '../attachment.ts';
import { PolicyIndex } from '../policy-index.ts';
import { classifyPatch } from './classify-patch.ts';
import { extensionChange } from './extension-changes.ts';
import { nameOf } from './filter-names.ts';
import { matchPatch, type ProxyKind } from './match-patch.ts';
import { hasUnknownTarget, unknownTargets, unmodelledChanges } from './other-changes.ts';
import type { ProxyChange } from './proxy-change.ts';

/**
 * EnvoyFilters, WasmPlugins and TrafficExtensions by the proxies whose inbound traffic they may touch. None of them reaches ztunnel.
 * Reference §9.1, §15.9.
 */
export class ProxyChanges {
  readonly #mesh: Mesh;
  readonly #filters = new Map<string, EnvoyFilter[]>();
  readonly #plugins: PolicyIndex<WasmPlugin>;
  readonly #extensions: PolicyIndex<TrafficExtension>;
  readonly #isEmpty: boolean;
  readonly #known = new Map<Workload, Map<MeshService | undefined, readonly ProxyChange[]>>();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    const { resources } = mesh;
    for (const filter of resources.of('EnvoyFilter')) {
      const key = `${filter.cluster}:${filter.namespace}`;
      this.#filters.set(key, [...(this.#filters.get(key) ?? []), filter]);
    }
    const [plugins, extensions] = [resources.of('WasmPlugin'), resources.of('TrafficExtension')];
    this.#plugins = new PolicyIndex(plugins);
    this.#extensions = new PolicyIndex(extensions);
    const targeting = resources.of('AuthorizationPolicy').some(hasUnknownTarget);
    this.#isEmpty =
      this.#filters.size + plugins.length + extensions.length + resources.unmodelled.length === 0 && !targeting;
  }

  /** Whether the workload has a proxy that anything of the mesh may touch. */
  mayTouch({ dataPlane: { kind } }: Workload): boolean {
    return !this.#isEmpty && kind !== 'none' && kind !== 'ambient';
  }

  /** What may change verdicts of the workload's own Envoy; of a waypoint, for a service. */
  of(workload: Workload, point: AttachmentPoint, service?: MeshService): readonly ProxyChange[] {
    const byService = this.#known.get(workload) ?? new Map<MeshService | undefined, readonly ProxyChange[]>();
    this.#known.set(workload, byService);
    let changes = byService.get(service);
    if (!changes) {
      changes = [
        ...this.#patches(workload, point),
        ...this.#added(point),
        ...unmodelledChanges(this.#mesh, workload),
        ...unknownTargets(this.#mesh, workload, point.cluster),
      ];
      byService.set(service, changes);
    }
    return changes;
  }

  #added(point: AttachmentPoint): readonly ProxyChange[] {
    const isGateway = point.kind === 'gateway' || point.kind === 'kubernetes-gateway';
    return [...attachedPolicies(this.#plugins, point), ...attachedPolicies(this.#extensions, point)].flatMap(
      (extension) => extensionChange(extension, isGateway) ?? [],
    );
  }

  #patches(workload: Workload, point: AttachmentPoint): readonly ProxyChange[] {
    const kind: ProxyKind = point.kind === 'waypoint' ? 'waypoint' : point.kind === 'sidecar' ? 'sidecar' : 'gateway';
    const namespaces = new Set([point.rootNamespace, workload.namespace]);
    return [...namespaces]
      .flatMap((namespace) => this.#filters.get(`${point.cluster}:${namespace}`) ?? [])
      .filter((filter) => isReadBy(filter, point.revision) && selects(filter, workload, point))
      .flatMap((filter) =>
        (filter.spec.configPatches ?? []).flatMap((patch, index): readonly ProxyChange[] => {
          const match = matchPatch(patch, kind, this.#mesh.version?.value);
          // Only ports of Services have a filter chain of their own at a sidecar.
          const certain =
            match?.certain === true && (match.port === null || kind !== 'sidecar' || hasChain(workload, match.port));
          const classified = match && classifyPatch(patch, certain, kind !== 'sidecar');
          if (!classified) return [];
          return [
            {
              object: filter,
              by: byOf(filter, { path: ['spec', 'configPatches', index] }),
              patch: index,
              text: `patch ${index}: ${describe(patch)}`,
              ports: match.port === null ? null : [match.port],
              ...classified,
            },
          ];
        }),
      );
  }
}

const hasChain = ({ ports }: Workload, number: number): boolean =>
  ports.some(({ port, services }) => port === number && services.length > 0);

/** Waypoints take only targetRefs; a filter with targetRefs is for gateways and waypoints alone. */
function selects({ spec, namespace }: EnvoyFilter, workload: Workload, point: AttachmentPoint): boolean {
  if (!spec.targetRefs?.length)
    return point.kind !== 'waypoint' && matchesLabels(spec.workloadSelector?.labels ?? {}, workload.labels);
  if (point.kind !== 'waypoint' && point.kind !== 'kubernetes-gateway') return false;
  return spec.targetRefs.some(({ kind, name }) => {
    if (kind === 'GatewayClass') return namespace === point.rootNamespace && name === CLASSES[point.kind];
    if (kind === 'Gateway') return namespace === workload.namespace && name === point.gatewayName;
    return point.kind === 'waypoint' && namespace === point.service?.namespace && name === point.service.name;
  });
}

const CLASSES = { waypoint: 'istio-waypoint', 'kubernetes-gateway': 'istio' } as const;

/** `REMOVE envoy.filters.http.rbac`. */
function describe({ applyTo, match, patch }: EnvoyFilterPatch): string {
  const { operation = '', value } = patch ?? {};
  const filter = match?.listener?.filterChain?.filter ?? match?.waypoint?.filter;
  const target = applyTo === 'HTTP_FILTER' ? filter?.subFilter?.name : filter?.name;
  const adds = operation.startsWith('INSERT') || operation === 'ADD';
  const named = adds ? nameOf(value) : (target ?? nameOf(value));
  return `${operation} ${named ?? applyTo ?? ''}`.trim();
}
