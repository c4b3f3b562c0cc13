import pLimit from 'p-limit';
import { isObject } from '../../model/shape.ts';
import { ApiError, type ApiClient } from './api-client.ts';
import { type Ask, ASKS } from './asks.ts';
import { findTouch } from '../../model/unmodelled.ts';
import { ExchangeError } from './exchange.ts';

/** A kind as the API server serves it. */
export interface Served extends Ask {
  readonly version: string;
  readonly namespaced: boolean;
}

export interface Discovery {
  readonly served: readonly Served[];
  /** Asks that the cluster does not serve. */
  readonly absent: readonly Ask[];
  /** Asks of which discovery could not tell. */
  readonly unknown: readonly (Ask & { readonly why: string })[];
}

/** Requests at a time: discovery is small. */
const PARALLEL = 6;

interface Group {
  readonly name: string;
  /** The preferred one first. */
  readonly versions: readonly string[];
}

/**
 * Which of the kinds that are asked for the cluster has, and under which version. This comes before any list: an API group that is not
 * there answers 403, not 404, to a user without rights on it.
 */
export async function discover(client: ApiClient): Promise<Discovery> {
  const groups = [{ name: '', versions: ['v1'] }, ...readGroups(await client.get('/apis'))];
  const limit = pLimit(PARALLEL);
  const found = await Promise.all(groups.map((group) => limit(() => readGroup(client, group))));
  const byKind = new Map(found.flatMap(({ served }) => served).map((each) => [`${each.group}/${each.kind}`, each]));
  const failed = new Map(found.flatMap(({ group, why }) => (why === undefined ? [] : [[group, why] as const])));
  const served: Served[] = [];
  const absent: Ask[] = [];
  const unknown: (Ask & { why: string })[] = [];
  for (const ask of ASKS) {
    const each = byKind.get(`${ask.group}/${ask.kind}`);
    const why = failed.get(ask.group);
    if (each) served.push({ ...ask, resource: each.resource, version: each.version, namespaced: each.namespaced });
    else if (why === undefined) absent.push(ask);
    else unknown.push({ ...ask, why });
  }
  const asked = new Set(ASKS.map(({ group, kind }) => `${group}/${kind}`));
  const others = [...byKind].filter(
    ([key, { group, kind }]) => !asked.has(key) && findTouch(group, kind) !== undefined,
  );
  return { served: [...served, ...others.map(([, each]) => each)], absent, unknown };
}

function readGroups({ groups }: Readonly<Record<string, unknown>>): readonly Group[] {
  return (Array.isArray(groups) ? groups : []).filter(isObject).map(({ name, versions, preferredVersion }) => {
    const listed = (Array.isArray(versions) ? versions : []).filter(isObject).map(({ version }) => String(version));
    const preferred = isObject(preferredVersion) ? String(preferredVersion.version) : listed[0];
    return {
      name: String(name),
      versions: [...(preferred === undefined ? [] : [preferred]), ...listed.filter((each) => each !== preferred)],
    };
  });
}

/** The listable kinds of a group, each in the version that comes first. A group may have kinds in its older versions only. */
async function readGroup(
  client: ApiClient,
  { name, versions }: Group,
): Promise<{ readonly group: string; readonly served: readonly Served[]; readonly why?: string }> {
  const served = new Map<string, Served>();
  try {
    for (const version of versions) {
      const { resources } = await client.get(name === '' ? `/api/${version}` : `/apis/${name}/${version}`);
      for (const each of (Array.isArray(resources) ? resources : []).filter(isObject)) {
        const { name: resource, kind, namespaced, verbs } = each;
        if (typeof resource !== 'string' || typeof kind !== 'string' || resource.includes('/')) continue;
        if (served.has(kind) || !(Array.isArray(verbs) && verbs.includes('list'))) continue;
        served.set(kind, { group: name, version, kind, resource, namespaced: namespaced === true });
      }
    }
    return { group: name, served: [...served.values()] };
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof ExchangeError)) throw error;
    return { group: name, served: [...served.values()], why: error.message };
  }
}
