import { REDACTED } from '../../model/redacted.ts';
import { formatPath, isObject } from '../../model/shape.ts';
import type { Path } from '../../model/resource.ts';

/**
 * Paths at which two specs say something different. istiod writes protobuf's JSON: fields with their default value are left out, an enum's
 * first word among them; numbers of 64 bits are texts, and durations are seconds. A value that was not kept on either side may be the other's.
 */
export function differingFields(kind: string, own: unknown, held: unknown): Compared {
  const fields: string[] = [];
  const unknown: string[] = [];
  walk(own, held, ['spec'], { first: FIRST_WORDS[kind] ?? {}, fields, unknown });
  return { fields, unknown };
}

interface Compared {
  readonly fields: string[];
  /** Where one of the two is `REDACTED`: nobody can tell. */
  readonly unknown: readonly string[];
}

/** By kind and field: the word of an enum that stands for the field being left out. Source: istio.io/api (the values numbered 0). */
const FIRST_WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AuthorizationPolicy: { action: 'ALLOW' },
  DestinationRule: { mode: 'DISABLE' },
  PeerAuthentication: { mode: 'UNSET' },
  ServiceEntry: { location: 'MESH_EXTERNAL', resolution: 'NONE' },
  Sidecar: { mode: 'REGISTRY_ONLY' },
  WasmPlugin: { phase: 'UNSPECIFIED_PHASE' },
};

interface Walk {
  readonly first: Readonly<Record<string, string>>;
  readonly fields: string[];
  readonly unknown: string[];
}

function walk(own: unknown, held: unknown, path: Path, context: Walk): void {
  const { first, fields, unknown } = context;
  if (isLeftOut(own, path, first) && isLeftOut(held, path, first)) return;
  if (isRedacted(own) || isRedacted(held)) {
    unknown.push(formatPath(path));
    return;
  }
  if (Array.isArray(own) && Array.isArray(held)) {
    if (own.length !== held.length) fields.push(formatPath(path));
    else for (const [index, each] of own.entries()) walk(each, held[index], [...path, index], context);
  } else if (isObject(own) && isObject(held)) {
    for (const key of new Set([...Object.keys(own), ...Object.keys(held)])) {
      walk(own[key], held[key], [...path, key], context);
    }
  } else if (plain(own) !== plain(held)) fields.push(formatPath(path));
}

const isRedacted = (value: unknown): boolean => typeof value === 'string' && value.includes(REDACTED);

function isLeftOut(value: unknown, path: Path, first: Walk['first']): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  const field = path.at(-1);
  return typeof field === 'string' && first[field] === value;
}

const UNITS = { h: 3600, m: 60, s: 1, ms: 0.001 } as const;

/** A duration in seconds, a number as itself. */
function plain(value: unknown): unknown {
  if (typeof value !== 'string') return isObject(value) || Array.isArray(value) ? Symbol('structure') : String(value);
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(value)) return value;
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  return `${parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit as keyof typeof UNITS], 0)}s`;
}
