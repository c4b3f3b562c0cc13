import type { Location } from '../result/location.ts';
import type { DiagnosticLog } from './diagnostic-log.ts';
import { meshConfigShape, type WrittenMeshConfig } from './mesh-config-shape.ts';
import type { Origin, Path, Resource } from './resource.ts';
import type { Resources } from './resources.ts';
import { Decoding, formatPath, isObject } from './shape.ts';

/** One place that says something about the mesh config of a revision. */
export interface MeshConfigLayer {
  readonly written: WrittenMeshConfig;
  /** `ConfigMap istio-system/istio`. */
  readonly by: string;
  locate(path: Path): Location;
}

export type ParseYaml = (text: string) => unknown;

interface MeshData {
  readonly mesh?: string;
  readonly meshNetworks?: string;
}

/** What the installation's own values say; lower trust than what istiod reads. */
type Intent = { readonly revision: string; readonly layers: readonly MeshConfigLayer[] };

/**
 * By revision, the layers of its mesh config, the strongest first. Where the ConfigMap of istiod is in the input it is the whole truth (with
 * the shared one below it); else the objects of an installer say what was intended (reference §10).
 */
export function findMeshConfigLayers(
  everything: Resources,
  parseYaml: ParseYaml,
  log: DiagnosticLog,
  cluster: string | undefined,
): ReadonlyMap<string, readonly MeshConfigLayer[]> {
  const resources: Pick<Resources, 'of'> =
    cluster === undefined
      ? everything
      : { of: (kind) => everything.of(kind).filter((resource) => resource.cluster === cluster) };
  const found = new Map<string, readonly MeshConfigLayer[]>();
  for (const { revision, layers } of readIntents(resources, log)) if (!found.has(revision)) found.set(revision, layers);
  for (const [revision, layers] of readConfigMaps(resources, parseYaml, log)) found.set(revision, layers);
  return found;
}

function* readConfigMaps(
  resources: Pick<Resources, 'of'>,
  parseYaml: ParseYaml,
  log: DiagnosticLog,
): Iterable<[string, MeshConfigLayer[]]> {
  const byName = new Map<string, Resource<{ data?: MeshData }>[]>();
  for (const configMap of resources.of('ConfigMap')) {
    if (configMap.spec.data?.mesh === undefined) continue;
    byName.set(configMap.name, [...(byName.get(configMap.name) ?? []), configMap]);
  }
  const istiod = [...istiodContainers(resources)];
  /** Namespaces that run istiod, known by its container. */
  const istiods = new Set(istiod.map(({ namespace }) => namespace));
  const shared = findSharedNames(istiod);
  const layerOf = (name: string): MeshConfigLayer | undefined => {
    const [chosen, ...others] = (byName.get(name) ?? []).toSorted(
      (a, b) => rank(a, istiods) - rank(b, istiods) || (labelOf(a) < labelOf(b) ? -1 : 1),
    );
    for (const other of others) {
      const message = `ConfigMap \`${labelOf(other)}\` holds a second mesh config: \`${chosen && labelOf(chosen)}\` counts`;
      log.add('warning', other.origin, [], message, 'only the one beside istiod is read; audit each mesh by itself');
    }
    return chosen && readLayer(chosen, parseYaml, log);
  };
  for (const name of byName.keys()) {
    if (shared.has(name) || (name !== 'istio' && !name.startsWith('istio-'))) continue;
    const revision = name === 'istio' ? 'default' : name.slice('istio-'.length);
    yield [revision, [layerOf(name), ...[...shared].map(layerOf)].filter((layer) => layer !== undefined)];
  }
}

const labelOf = ({ cluster, namespace, name }: Resource): string => `${cluster && `${cluster}:`}${namespace}/${name}`;

/** Beside istiod before `istio-system` before anywhere else. */
function rank({ namespace }: Resource, istiods: ReadonlySet<string>): number {
  return istiods.has(namespace) ? 0 : namespace === 'istio-system' ? 1 : 2;
}

function readLayer(
  configMap: Resource<{ data?: MeshData }>,
  parseYaml: ParseYaml,
  log: DiagnosticLog,
): MeshConfigLayer {
  const by = `ConfigMap ${labelOf(configMap)}`;
  const path = ['data', 'mesh'];
  let value: Readonly<Record<string, unknown>> = {};
  try {
    const parsed = parseYaml(configMap.spec.data?.mesh ?? '') ?? {};
    if (!isObject(parsed)) throw new TypeError('it is no object');
    value = parsed;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'broken';
    const message = `the mesh config in ${by} cannot be read (${reason}): Istio's defaults are taken instead`;
    log.add(
      'error',
      configMap.origin,
      path,
      message,
      'istiod would keep its last good configuration; correct the text',
    );
  }
  const meshNetworks = readMeshNetworks(configMap, by, parseYaml, log);
  const whole = meshNetworks === undefined ? value : { ...value, meshNetworks };
  const place = ([first]: Path): Path => (first === 'meshNetworks' ? ['data', first] : path);
  return decodeLayer(whole, by, configMap.origin, place, log);
}

function readMeshNetworks(
  configMap: Resource<{ data?: MeshData }>,
  by: string,
  parseYaml: ParseYaml,
  log: DiagnosticLog,
): unknown {
  try {
    return parseYaml(configMap.spec.data?.meshNetworks ?? '') ?? undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'broken';
    const message = `the mesh networks in ${by} cannot be read (${reason}): none are taken`;
    log.add('error', configMap.origin, ['data', 'meshNetworks'], message, 'correct the text');
    return undefined;
  }
}

function decodeLayer(
  value: unknown,
  by: string,
  origin: Origin,
  place: (path: Path) => Path,
  log: DiagnosticLog,
): MeshConfigLayer {
  const at = new Decoding();
  const written = meshConfigShape.decode(value, at) ?? {};
  for (const { path, message, help } of at.issues) {
    const text = message.replace(`\`${formatPath(path)}\``, `\`${formatPath(['meshConfig', ...path])}\``);
    log.add('warning', origin, place(path), `${by}: ${text}: Istio's default is taken instead`, help);
  }
  return { written, by, locate: (path) => origin.locate(place(path)) };
}

function* readIntents(resources: Pick<Resources, 'of'>, log: DiagnosticLog): Iterable<Intent> {
  for (const operator of resources.of('IstioOperator')) {
    const { revision, meshConfig, values, namespace } = operator.spec;
    const by = `IstioOperator ${operator.namespace}/${operator.name}`;
    const layers = [
      decodeLayer(meshConfig, by, operator.origin, (path) => ['spec', 'meshConfig', ...path], log),
      decodeLayer(values?.meshConfig, by, operator.origin, (path) => ['spec', 'values', 'meshConfig', ...path], log),
      rootLayer(operator, by, values?.global?.istioNamespace ?? namespace),
    ];
    yield { revision: revision || values?.revision || 'default', layers };
  }
  for (const istio of resources.of('SailIstio')) {
    const { values, namespace, version = '', updateStrategy } = istio.spec;
    const by = `Istio ${istio.name}`;
    const layers = [
      decodeLayer(values?.meshConfig, by, istio.origin, (path) => ['spec', 'values', 'meshConfig', ...path], log),
      rootLayer(istio, by, namespace ?? values?.global?.istioNamespace),
    ];
    const revisionBased = updateStrategy?.type === 'RevisionBased';
    yield { revision: revisionBased ? `${istio.name}-${version.replaceAll('.', '-')}` : istio.name, layers };
  }
}

/** The chart takes the namespace of the installation as root namespace. */
function rootLayer({ origin }: Resource, by: string, namespace: string | undefined): MeshConfigLayer {
  return { written: namespace ? { rootNamespace: namespace } : {}, by, locate: () => origin.locate(['spec']) };
}

/** The ConfigMaps that hold for all revisions, below their own. */
function findSharedNames(istiod: Iterable<IstiodContainer>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { env } of istiod) {
    for (const { name, value } of env) if (name === 'SHARED_MESH_CONFIG' && value) names.add(value);
  }
  return names;
}

interface IstiodContainer {
  readonly namespace: string;
  readonly env: readonly { readonly name?: string; readonly value?: string }[];
}

function* istiodContainers(resources: Pick<Resources, 'of'>): Iterable<IstiodContainer> {
  for (const { namespace, spec } of resources.of('Deployment')) {
    for (const { name, env = [] } of spec.template?.spec?.containers ?? [])
      if (name === 'discovery') yield { namespace, env };
  }
  for (const { namespace, spec } of resources.of('Pod')) {
    for (const { name, env = [] } of spec.containers ?? []) if (name === 'discovery') yield { namespace, env };
  }
}
