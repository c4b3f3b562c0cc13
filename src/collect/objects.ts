import type { Path, RawObject } from '../model/resource.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import type { SourceDocument } from './document.ts';
import { DocumentOrigin } from './origin.ts';
import { findTemplate } from './yaml/explain.ts';

const WHOLE: Path = [];

type Value = Readonly<Record<string, unknown>>;

/** Where objects are put as they are found, and what is noted about the rest. */
export interface Collecting {
  readonly cluster: string;
  readonly objects: RawObject[];
  readonly diagnostics: Diagnostic[];
  readonly skippedKinds: Record<string, number>;
  /** Documents for a tool, not for a cluster. */
  foreign: number;
}

/** Kinds that say nothing about a mesh and are large. */
const SKIPPED = new Set(['CustomResourceDefinition']);

/** Groups of files that steer a tool and are no objects of a cluster. */
const TOOLS: readonly (readonly [prefix: string, message: string, help: string])[] = [
  ['meshproof.dev/', '', ''],
  [
    'kustomize.config.k8s.io/',
    'a kustomization is no manifest: what it changes is not seen',
    'render it: kustomize build DIR | meshproof audit -',
  ],
];

/** Adds the object of a document, or all of a List's, as `kubectl apply` takes them. */
export function addObjects(into: Collecting, document: SourceDocument, value: unknown, path: Path = WHOLE): void {
  if (value === null || value === undefined) return;
  const origin = new DocumentOrigin(document, path);
  if (!isMap(value)) {
    const found = Array.isArray(value) ? 'a list' : `a ${typeof value}`;
    const message = `${found} instead of a Kubernetes object`;
    note(into, origin, 'error', flaw(WHOLE, message, 'put each object into a document of its own, after `---`'));
    return;
  }
  const { apiVersion, kind } = value;
  const items = listItems(value);
  if (items) {
    for (const [index, item] of items.entries()) {
      addObjects(into, document, typed(item, kind as string, apiVersion), [...path, 'items', index]);
    }
    return;
  }
  const tool = TOOLS.find(([prefix]) => typeof apiVersion === 'string' && apiVersion.startsWith(prefix));
  if (tool) {
    const [, message, help] = tool;
    into.foreign++;
    if (message) note(into, origin, 'info', flaw(WHOLE, message, help));
    return;
  }
  const wrong = findFlaw(value);
  if (wrong) note(into, origin, 'error', wrong);
  else if (SKIPPED.has(kind as string)) count(into.skippedKinds, kind as string);
  else into.objects.push({ value, origin, cluster: into.cluster });
}

function note({ diagnostics }: Collecting, origin: DocumentOrigin, severity: Diagnostic['severity'], what: Flaw): void {
  const { file, line } = origin.locate(what.at);
  diagnostics.push({ severity, file, line, message: what.message, help: what.help });
}

export function count(counts: Record<string, number>, kind: string, by = 1): void {
  counts[kind] = (counts[kind] ?? 0) + by;
}

interface Flaw {
  readonly at: Path;
  readonly message: string;
  readonly help: string;
}

const flaw = (at: Path, message: string, help: string): Flaw => ({ at, message, help });

/** Why a mapping is no object that an API server would look at. */
function findFlaw({ apiVersion, kind, metadata }: Value): Flaw | undefined {
  const { name, generateName, namespace } = isMap(metadata) ? metadata : NOTHING;
  if (!isText(apiVersion)) return missing(['apiVersion'], kind, apiVersion);
  if (!isText(kind)) return missing(['kind'], kind, kind);
  if (!isText(name ?? generateName)) return missing(['metadata', 'name'], kind, name ?? generateName);
  return (
    findUnrendered(['kind'], kind) ??
    findUnrendered(['apiVersion'], apiVersion) ??
    findUnrendered(['metadata', 'name'], name) ??
    findUnrendered(['metadata', 'namespace'], namespace)
  );
}

const NOTHING: Value = {};

function findUnrendered(at: Path, text: unknown): Flaw | undefined {
  const template = isText(text) ? findTemplate(text) : undefined;
  return template && flaw(at, template.message, template.help);
}

function missing(at: Path, kind: unknown, found: unknown): Flaw {
  const what = isText(kind) ? `\`${kind}\`` : 'the document';
  const field = at.join('.');
  if (found === undefined || found === null || found === '') {
    return flaw(at, `${what} has no \`${field}\`: every Kubernetes object needs one`, `add \`${field}\``);
  }
  return flaw(at, `\`${field}\` of ${what} is a ${typeof found}: expected a text`, 'put the value in quotes');
}

/** The entries of a `List`, or of a typed one such as `PodList`; those have no name. */
function listItems({ kind, items, metadata }: Value): readonly unknown[] | undefined {
  if (!isText(kind) || !kind.endsWith('List') || (isMap(metadata) && metadata.name)) return undefined;
  return items === null ? [] : Array.isArray(items) ? items : undefined;
}

/** Entries of a typed list, as the API server sends them, may have neither kind nor version. */
function typed(item: unknown, listKind: string, apiVersion: unknown): unknown {
  const kind = listKind.slice(0, -'List'.length);
  if (kind === '' || !isMap(item) || item.kind !== undefined || item.apiVersion !== undefined) return item;
  return { apiVersion, kind, ...item };
}

function isMap(value: unknown): value is Value {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
