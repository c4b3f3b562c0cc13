import { suggest } from '../util/suggest.ts';
import type { Writable } from '../util/writable.ts';
import type { Metadata, OwnerReference, Path } from './resource.ts';
import { isObject } from './shape.ts';

/** Receives what is wrong with the metadata. */
export type Report = (severity: 'error' | 'warning', path: Path, message: string, help: string) => void;

const FIELDS: ReadonlySet<string> = new Set([
  'name',
  'generateName',
  'namespace',
  'labels',
  'annotations',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'resourceVersion',
  'ownerReferences',
  'finalizers',
  'generation',
  'managedFields',
  'selfLink',
  'uid',
  'clusterName',
  'initializers',
]);

/** A copy of the whole object, Secrets of its environment included. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const EMPTY: Readonly<Record<string, string>> = Object.freeze({});
const NO_OWNERS: readonly OwnerReference[] = Object.freeze([]);

/**
 * Reads `metadata` as far as it can be read. The name is empty where there is none; the namespace is as written, empty where it is missing.
 * `generateName` stands in for a missing name: the API server appends random characters.
 */
export function readMetadata(value: unknown, report: Report): Metadata {
  if (value !== undefined && value !== null && !isObject(value)) {
    report('error', ['metadata'], '`metadata` is no object', 'write `name:` and `namespace:` below it');
  }
  const metadata = isObject(value) ? value : {};
  for (const field in metadata) {
    if (FIELDS.has(field)) continue;
    const near = suggest(field, FIELDS);
    const help = near ? `did you mean \`${near}\`?` : 'remove it';
    report(
      'warning',
      ['metadata', field],
      `\`metadata.${field}\` is no field of this kind: the API server drops it`,
      help,
    );
  }
  const text = (field: string) => readText(metadata[field], report, 'metadata', field);
  const creationTimestamp = text('creationTimestamp');
  const resourceVersion = text('resourceVersion');
  const read: Writable<Metadata> = {
    name: text('name') || text('generateName') || '',
    namespace: text('namespace') ?? '',
    labels: readTexts(metadata.labels, 'labels', report),
    annotations: readTexts(metadata.annotations, 'annotations', report),
    ownerReferences: readOwners(metadata.ownerReferences),
  };
  if (creationTimestamp) read.creationTimestamp = creationTimestamp;
  if (resourceVersion) read.resourceVersion = resourceVersion;
  return read;
}

function readTexts(value: unknown, field: string, report: Report): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return EMPTY;
  if (!isObject(value)) {
    report(
      'warning',
      ['metadata', field],
      `\`metadata.${field}\` is no object: the API server refuses the object`,
      'write `key: value` lines below it',
    );
    return EMPTY;
  }
  const out: Record<string, string> = {};
  for (const key in value) {
    if (key === LAST_APPLIED || key === '__proto__') continue;
    const entry = value[key] === null ? '' : readText(value[key], report, 'metadata', field, key);
    if (entry !== undefined) out[key] = entry;
  }
  return out;
}

/** Other scalars than strings are reported and read in their string form, so that the rest of the audit sees what was meant. */
function readText(value: unknown, report: Report, ...path: readonly string[]): string | undefined {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return undefined;
  const step = `\`${path.join('.')}\``;
  if (typeof value === 'number' || typeof value === 'boolean') {
    const message = `${step} is the ${typeof value} \`${value}\`, expected a string: the API server refuses the object`;
    report('warning', path, message, `put it in quotes: \`"${value}"\``);
    return String(value);
  }
  report('warning', path, `${step} is no string: the API server refuses the object`, 'write one string');
  return undefined;
}

function readOwners(value: unknown): readonly OwnerReference[] {
  if (!Array.isArray(value) || value.length === 0) return NO_OWNERS;
  const text = (entry: unknown) => (typeof entry === 'string' ? entry : '');
  return value.filter(isObject).map((owner) => ({
    apiVersion: text(owner.apiVersion),
    kind: text(owner.kind),
    name: text(owner.name),
    controller: owner.controller === true,
  }));
}
