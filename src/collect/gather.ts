import { createHash } from 'node:crypto';
import type { Observation } from '../model/observation/observation.ts';
import type { RawObject } from '../model/resource.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import type { Source } from '../result/source.ts';
import { decodeText } from './files/decode.ts';
import { isLogName } from './files/find.ts';
import { tooLarge, type Unreadable } from './files/read.ts';
import { explainFileName } from './files/steering.ts';
import type { Limits } from './limits.ts';
import { count } from './objects.ts';
import type { Form } from './observations/form.ts';
import { recogniseForm } from './observations/recognise.ts';
import { type ReadText, readText } from './read-text.ts';
import type { RecentPart } from './source-text.ts';

/** What all inputs hold together, as it is filled. */
export interface Gathered {
  readonly objects: RawObject[];
  readonly observations: Observation[];
  readonly sources: Source[];
  readonly diagnostics: Diagnostic[];
  readonly skippedKinds: Record<string, number>;
  readonly recent: RecentPart[];
  readonly limits: Limits;
}

export interface InputFile {
  readonly name: string;
  readonly bytes: Buffer | Unreadable;
  /** The user named this very file; those that are merely found in a folder may hold anything. */
  readonly isNamed: boolean;
  readonly cluster: string | undefined;
}

/** Adds what one file holds: the objects of manifests, or what was seen of a running mesh. */
export function addFile(gathered: Gathered, { name, bytes, isNamed, cluster }: InputFile): void {
  const { limits, recent } = gathered;
  const error = (line: number, message: string, help: string) => {
    gathered.diagnostics.push({ severity: 'error', file: name, line, message, help });
  };
  const decoded = decode(bytes, limits);
  if ('message' in decoded) {
    error(0, decoded.message, decoded.help);
    return;
  }
  const { text, isLossy } = decoded;
  const form = recogniseForm(text);
  if (form) {
    addObservations(gathered, form, text, { name, bytes: bytes as Buffer, cluster });
    return;
  }
  if (!isNamed && isLogName(name)) return;
  const read = readText(text, name, { limits, recent, isLossy, ...(cluster !== undefined && { cluster }) });
  const isEmpty = holdsNothing(read);
  if (isEmpty && !isNamed && !looksLikeManifest(text)) return;
  if (isEmpty && isNamed && read.diagnostics.length === 0) {
    const { message, help } = explainFileName(name);
    error(1, message, help);
  }
  for (const object of read.objects) gathered.objects.push(object);
  for (const diagnostic of read.diagnostics) gathered.diagnostics.push(diagnostic);
  for (const [kind, found] of Object.entries(read.skippedKinds)) count(gathered.skippedKinds, kind, found);
  gathered.sources.push({ name, kind: 'manifests', documents: read.documents, sha256: hash(bytes as Buffer) });
}

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function addObservations(
  gathered: Gathered,
  form: Form,
  text: string,
  {
    name,
    bytes,
    cluster = '',
  }: { readonly name: string; readonly bytes: Buffer; readonly cluster: string | undefined },
): void {
  const read = form.read(text, { file: name, cluster });
  const { observations, diagnostics } = gathered;
  if ('message' in read) {
    diagnostics.push({ severity: 'error', file: name, line: 1, ...read });
    return;
  }
  for (const observation of read.observations) observations.push(observation);
  for (const message of read.left ?? [])
    diagnostics.push({ severity: 'warning', file: name, line: 1, message, help: '' });
  gathered.sources.push({ name, kind: form.kind, documents: read.observations.length, sha256: hash(bytes) });
}

function decode(bytes: Buffer | Unreadable, limits: Limits): ReturnType<typeof decodeText> {
  if (!Buffer.isBuffer(bytes)) return bytes;
  return bytes.length > limits.fileBytes ? tooLarge(limits.fileBytes) : decodeText(bytes);
}

function holdsNothing({ objects, skippedKinds, foreign }: ReadText): boolean {
  return objects.length === 0 && Object.keys(skippedKinds).length === 0 && foreign === 0;
}

/** Meant for Kubernetes, though nothing in it could be read: then its errors matter. Folders hold much YAML and JSON for other programs. */
function looksLikeManifest(text: string): boolean {
  return /^["' {]*apiVersion["']?\s*:/m.test(text) && /^["' {]*kind["']?\s*:/m.test(text);
}
