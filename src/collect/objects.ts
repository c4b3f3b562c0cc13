import type { Path, RawObject } from '../model/resource.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import type { SourceDocument } from './document.ts';
import { DocumentOrigin } from './origin.ts';
import { findTemplate } from './yaml/explain.ts';

type Value = Readonly<Record<string, unknown>>;

/** Where objects of a text are put, and what was noted about the rest. */
export interface Collecting {
  readonly cluster: string;
  readonly objects: RawObject[];
  readonly diagnostics: Diagnostic[];
  readonly skippedKinds: Record<string, number>;
}

/** Adds the object of a document, or all of a List's, as `kubectl apply` takes them. */
export function addObjects(into: Collecting, document: SourceDocument, value: unknown, path: Path = []): void {
  if (value === null || value === undefined) return;
  const origin = new DocumentOrigin(document, path);
  const note = (severity: Diagnostic['severity'], message: string, help: string, at: Path = []) => {
    const { file, line } = origin.locate(at);
    into.diagnostics.push({ severity, file, line, message, help });
  };
  if (!isMap(value)) {
    const found = Array.isArray(value) ? 'a list' : `a ${typeof value}`;
    return note(
      'error',
      `the document is ${found}, expected a Kubernetes object`,
      'put each object into a document of its own, after `---`',
    );
  }
  const { apiVersion, kind, metadata } = value;
  const name = isMap(metadata) ? (metadata.name ?? metadata.generateName) : undefined;
  if (Array.isArray(value.items) && typeof kind === 'string' && kind.endsWith('List') && name === undefined) {
    value.items.forEach((item, index) => {
      addObjects(into, document, typed(item, kind, apiVersion), [...path, 'items', index]);
    });
    return;
  }
  if (typeof apiVersion === 'string' && apiVersion.startsWith('meshproof.dev/')) return;
  for (const [field, text] of [
    ['apiVersion', apiVersion],
    ['kind', kind],
  ] as const) {
    if (typeof text === 'string' && text !== '') continue;
    return note(
      'error',
      `no Kubernetes object: \`${field}\` ${text === undefined ? 'is missing' : 'is not a text'}`,
      '',
      [field],
    );
  }
  if (typeof name !== 'string' || name === '') {
    return note('error', `\`${String(kind)}\` has no \`metadata.name\``, 'give it a name', ['metadata', 'name']);
  }
  for (const [at, text] of [
    [['kind'], kind],
    [['metadata', 'name'], name],
    [['metadata', 'namespace'], isMap(metadata) ? metadata.namespace : undefined],
  ] as const) {
    const template = typeof text === 'string' ? findTemplate(text) : undefined;
    if (template) return note('error', 'unrendered template', template.help, at);
  }
  if (kind === 'CustomResourceDefinition') {
    into.skippedKinds[kind] = (into.skippedKinds[kind] ?? 0) + 1;
    return;
  }
  into.objects.push({ value, origin, cluster: into.cluster });
}

/** Items of a typed list, as the API server sends them, carry neither kind nor version. */
function typed(item: unknown, listKind: string, apiVersion: unknown): unknown {
  if (listKind === 'List' || !isMap(item) || item.kind !== undefined || item.apiVersion !== undefined) return item;
  return { apiVersion, kind: listKind.slice(0, -'List'.length), ...item };
}

function isMap(value: unknown): value is Value {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
