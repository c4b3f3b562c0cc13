import { createHash } from 'node:crypto';
import type { RawObject } from '../model/resource.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import type { Source } from '../result/source.ts';
import { decodeText } from './files/decode.ts';
import { tooLarge, type Unreadable } from './files/read.ts';
import { explainFileName } from './files/steering.ts';
import type { Limits } from './limits.ts';
import { count } from './objects.ts';
import { type ReadText, readText } from './read-text.ts';
import type { RecentPart } from './source-text.ts';

/** What all inputs hold together, as it is filled. */
export interface Gathered {
  readonly objects: RawObject[];
  readonly sources: Source[];
  readonly diagnostics: Diagnostic[];
  readonly skippedKinds: Record<string, number>;
  readonly recent: RecentPart[];
  readonly limits: Limits;
}

export interface ManifestFile {
  readonly name: string;
  readonly bytes: Buffer | Unreadable;
  /** The user named this very file; those that are merely found in a folder may hold anything. */
  readonly isNamed: boolean;
  readonly cluster: string | undefined;
}

/** Adds the objects of one file. */
export function addManifests(gathered: Gathered, { name, bytes, isNamed, cluster }: ManifestFile): void {
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
  const sha256 = createHash('sha256')
    .update(bytes as Buffer)
    .digest('hex');
  gathered.sources.push({ name, kind: 'manifests', documents: read.documents, sha256 });
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
