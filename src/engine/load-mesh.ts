import { parseYamlValue } from '../collect/yaml/parse-value.ts';
import { decodeObjects } from '../model/decode.ts';
import { buildMesh } from '../model/inventory/inventory.ts';
import type { Mesh } from '../model/inventory/types.ts';
import { readIstioVersion } from '../model/read-istio-version.ts';
import { readMeshConfigs } from '../model/read-mesh-config.ts';
import type { RawObject } from '../model/resource.ts';
import type { Diagnostic } from '../result/diagnostic.ts';

/** What the input does not show and the user said (design §3, `mesh:`). */
export interface StatedFacts {
  readonly defaultNamespace?: string;
  readonly complete?: readonly string[];
  readonly trustDomain?: string;
  readonly istioVersion?: string;
  readonly cni?: Mesh['cni'];
  readonly owners?: { readonly label?: string; readonly annotation?: string };
}

export interface LoadedMesh {
  readonly mesh: Mesh;
  readonly diagnostics: readonly Diagnostic[];
}

/** Raw objects to the inventory: decode, find the mesh config and version, then work out what exists. */
export function loadMesh(objects: Iterable<RawObject>, facts: StatedFacts = {}): LoadedMesh {
  const { defaultNamespace, trustDomain, istioVersion } = facts;
  const decoded = decodeObjects(objects, defaultNamespace === undefined ? {} : { defaultNamespace });
  const { configs, diagnostics } = readMeshConfigs(decoded.resources, parseYamlValue);
  const version =
    istioVersion === undefined ? readIstioVersion(decoded.resources) : { value: istioVersion, by: 'meshproof.yaml' };
  const built = buildMesh(decoded.resources, {
    configs,
    scopeComplete: facts.complete ?? [],
    cni: facts.cni ?? 'enforces-network-policy',
    ...(version ? { version } : {}),
    ...(facts.owners ? { owners: facts.owners } : {}),
    ...(trustDomain === undefined ? {} : { trustDomain }),
  });
  return { mesh: built.mesh, diagnostics: [...decoded.diagnostics, ...diagnostics, ...built.diagnostics] };
}
