import { isDeepStrictEqual } from 'node:util';
import type { Diagnostic } from '../result/diagnostic.ts';
import { formatLocation } from '../result/location.ts';
import { groupBy } from '../util/group-by.ts';
import { suggest } from '../util/suggest.ts';
import type { Writable } from '../util/writable.ts';
import { DiagnosticLog } from './diagnostic-log.ts';
import { indexResources } from './index-resources.ts';
import type { KindDefinition } from './kind.ts';
import { KINDS } from './kinds.ts';
import { readMetadata } from './read-metadata.ts';
import type { RawObject, Resource } from './resource.ts';
import type { Resources, Unmodelled } from './resources.ts';
import { Decoding, isObject } from './shape.ts';
import { findTouch } from './unmodelled.ts';
import { findRefusals } from './validate.ts';

export interface DecodeOptions {
  /** Namespace of namespaced objects that name none; `default` unless told. */
  readonly defaultNamespace?: string;
}

export interface DecodeResult {
  readonly resources: Resources;
  readonly diagnostics: Diagnostic[];
}

/** By group and kind: no key is put together for each object. */
const DEFINITIONS: ReadonlyMap<string, ReadonlyMap<string, KindDefinition>> = new Map(
  [...groupBy<KindDefinition, string>(KINDS, ({ group }) => group)].map(([group, definitions]) => [
    group,
    new Map(definitions.map((definition) => [definition.kind, definition])),
  ]),
);
const NAMES: ReadonlySet<string> = new Set(KINDS.map((definition) => definition.name));
const ISTIO_GROUPS: ReadonlySet<string> = new Set(
  KINDS.map((definition) => definition.group).filter((group) => group.endsWith('.istio.io')),
);
const TOP_LEVEL: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'spec', 'status']);
const NO_SPEC = Object.freeze({});

/**
 * Decodes objects into the typed, indexed model. Never throws: what cannot be read is left out or read in part, and said so.
 *
 * An object that the API server would refuse is left out where verdicts rest on its kind; of other kinds only the bad value is. Objects
 * given twice resolve as successive `kubectl apply` would: the last one in input order that the API server takes.
 */
export function decodeObjects(raw: Iterable<RawObject>, options: DecodeOptions = {}): DecodeResult {
  const log = new DiagnosticLog();
  const resources: Resource[] = [];
  const names: Positions = new Map();
  const unmodelled: Unmodelled[] = [];
  const counts = new Map<string, number>();

  for (const object of raw) {
    const { apiVersion, kind } = object.value;
    if (typeof apiVersion !== 'string' || typeof kind !== 'string' || !kind) {
      const missing = typeof kind === 'string' && kind ? 'apiVersion' : 'kind';
      log.add('warning', object.origin, [], `this is no Kubernetes object: it has no \`${missing}\``, 'it is left out');
      continue;
    }
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    const definition = DEFINITIONS.get(group)?.get(kind);
    const counted = definition?.name ?? (NAMES.has(kind) ? `${kind}.${group}` : kind);
    counts.set(counted, (counts.get(counted) ?? 0) + 1);
    if (!definition) {
      const found = describeUnmodelled(object, apiVersion, group, kind, options, log);
      if (found) unmodelled.push(found);
      continue;
    }
    const resource = decodeOne(object, apiVersion, definition, options, log);
    if (!resource) continue;
    const positions = positionsOf(names, resource);
    const position = isGenerated(object) ? undefined : positions.get(resource.name);
    if (position === undefined) {
      positions.set(resource.name, resources.length);
      resources.push(resource);
      continue;
    }
    reportDuplicate(resources[position] as Resource, resource, log);
    resources[position] = resource;
  }

  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return { resources: indexResources(resources, unmodelled, Object.fromEntries(sorted)), diagnostics: log.list() };
}

/** By kind, cluster, namespace and name. */
type Positions = Map<string, Map<string, Map<string, Map<string, number>>>>;

/** Positions by name among the objects of the same cluster, kind and namespace. */
function positionsOf(names: Positions, { kind, cluster, namespace }: Resource): Map<string, number> {
  return within(within(within(names, kind), cluster), namespace);
}

function within<K, L, V>(maps: Map<K, Map<L, V>>, key: K): Map<L, V> {
  const known = maps.get(key);
  if (known) return known;
  const made = new Map<L, V>();
  maps.set(key, made);
  return made;
}

function decodeOne(
  { value, origin, cluster }: RawObject,
  apiVersion: string,
  definition: KindDefinition,
  options: DecodeOptions,
  log: DiagnosticLog,
): Resource | undefined {
  const metadata = readMetadata(value.metadata, (severity, path, message, help) =>
    log.add(severity, origin, path, message, help),
  );
  if (!metadata.name) {
    const message = `this ${definition.kind} has no \`metadata.name\`: the API server refuses it, it is left out`;
    log.add('error', origin, ['metadata'], message, 'give it a name');
    return undefined;
  }
  if (definition.onlyName !== undefined && metadata.name !== definition.onlyName) {
    const message = `${definition.kind} \`${metadata.name}\`: the API server takes only \`${definition.onlyName}\`, it is left out`;
    log.add('error', origin, ['metadata', 'name'], message, `name it \`${definition.onlyName}\``);
    return undefined;
  }
  if (definition.wanted && !definition.wanted(metadata)) return undefined;
  const namespace = definition.scope === 'Cluster' ? '' : metadata.namespace || (options.defaultNamespace ?? 'default');
  const label = namespace ? `${namespace}/${metadata.name}` : metadata.name;
  reportVersion(apiVersion, definition, origin, log);

  const whole = definition.reads === 'object';
  if (!whole) reportTopLevel(value, definition, origin, log);
  const at = new Decoding(whole ? [] : ['spec']);
  const spec = definition.shape.decode(whole ? value : value.spec, at) ?? NO_SPEC;
  let refused = false;
  for (const issue of at.issues) {
    const fatal = issue.fatal && definition.decisive === true;
    refused ||= fatal;
    const consequence = fatal
      ? `: the API server refuses ${definition.kind} \`${label}\`, it is left out`
      : ': the API server refuses the object';
    const message = issue.fatal ? issue.message + consequence : issue.message;
    log.add(fatal ? 'error' : 'warning', origin, issue.path, message, issue.help);
  }
  if (refused) return undefined;

  // Every field by its name: with a spread, each of the many objects is made, and later read, the slow way.
  const resource: Writable<Resource> = {
    cluster,
    kind: definition.name,
    apiVersion,
    name: metadata.name,
    namespace,
    labels: metadata.labels,
    annotations: metadata.annotations,
    ownerReferences: metadata.ownerReferences,
    spec,
    origin,
  };
  if (metadata.creationTimestamp !== undefined) resource.creationTimestamp = metadata.creationTimestamp;
  if (metadata.resourceVersion !== undefined) resource.resourceVersion = metadata.resourceVersion;
  if (definition.keepsStatus && value.status !== undefined) resource.status = value.status;
  for (const refusal of findRefusals(resource)) {
    const message = `Istio's webhook refuses ${definition.kind} \`${label}\`: ${refusal.reason}`;
    log.add('warning', origin, refusal.path, message, refusal.help);
  }
  return resource;
}

/** A misplaced field leaves a policy that says something else: `rules` beside `spec` makes it empty. */
function reportTopLevel(
  value: RawObject['value'],
  definition: KindDefinition,
  origin: RawObject['origin'],
  log: DiagnosticLog,
): void {
  for (const field in value) {
    if (TOP_LEVEL.has(field)) continue;
    const near = suggest(field, TOP_LEVEL);
    const move = definition.shape.fields?.has(field) ? 'it belongs under `spec`' : 'remove it';
    const message = `\`${field}\` is no field of ${definition.kind}: the API server drops it`;
    log.add('warning', origin, [field], message, near ? `did you mean \`${near}\`?` : move);
  }
}

function reportVersion(
  apiVersion: string,
  definition: KindDefinition,
  origin: RawObject['origin'],
  log: DiagnosticLog,
): void {
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  if (!definition.versions || definition.versions.includes(version)) return;
  const message = `\`${apiVersion}\` is no known version of ${definition.kind}: it is read as \`${definition.group}/${definition.versions[0]}\``;
  log.add(
    'warning',
    origin,
    ['apiVersion'],
    message,
    `known: ${definition.versions.map((known) => `\`${known}\``).join(', ')}`,
  );
}

function reportDuplicate(before: Resource, after: Resource, log: DiagnosticLog): void {
  if (isDeepStrictEqual({ ...before, origin: null, apiVersion: after.apiVersion }, { ...after, origin: null })) return;
  const name = after.namespace ? `${after.namespace}/${after.name}` : after.name;
  const first = formatLocation(before.origin.locate([]));
  const message = `${after.kind} \`${name}\` is given twice with different content: this one replaces the one at \`${first}\``;
  log.add(
    'warning',
    after.origin,
    [],
    message,
    'the last one counts, as with successive `kubectl apply`; remove the other',
  );
}

/** Kinds outside the catalogue: those that matter, and misspelt ones. */
function describeUnmodelled(
  object: RawObject,
  apiVersion: string,
  group: string,
  kind: string,
  options: DecodeOptions,
  log: DiagnosticLog,
): Unmodelled | undefined {
  const touch = findTouch(group, kind);
  if (touch) {
    const metadata = readMetadata(object.value.metadata, () => {});
    const namespace = touch.scope === 'Cluster' ? '' : metadata.namespace || (options.defaultNamespace ?? 'default');
    const full = namespace ? `${namespace}/${metadata.name}` : metadata.name;
    const message = `${kind} \`${full}\` is not modelled: ${touch.why}`;
    log.add('warning', object.origin, [], message, 'conclusions that it may change are conditional');
    return {
      kind,
      apiVersion,
      cluster: object.cluster,
      namespace,
      name: metadata.name,
      origin: object.origin,
      touches: touch.touches,
      why: touch.why,
    };
  }
  const namesake = KINDS.find((definition: KindDefinition) => definition.kind === kind && definition.decisive);
  if (namesake) {
    const message = `there is no ${kind} in \`${apiVersion}\`: the API server refuses it, it is left out`;
    log.add('error', object.origin, ['apiVersion'], message, `did you mean \`${namesake.group}/v1\`?`);
  } else if (ISTIO_GROUPS.has(group)) {
    const near = suggest(
      kind,
      KINDS.filter((definition) => definition.group === group).map((definition) => definition.kind),
    );
    const message = `there is no kind \`${kind}\` in \`${apiVersion}\` that this program knows: it is left out`;
    log.add('error', object.origin, ['kind'], message, near ? `did you mean \`${near}\`?` : '');
  }
  return undefined;
}

/** Several objects with one `generateName` are different objects. */
function isGenerated({ value }: RawObject): boolean {
  return isObject(value.metadata) && !value.metadata.name && typeof value.metadata.generateName === 'string';
}
