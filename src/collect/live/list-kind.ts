import { isObject } from '../../model/shape.ts';
import type { RawValue } from '../snapshot.ts';
import { ApiError, type ApiClient } from './api-client.ts';
import { ExchangeError } from './exchange.ts';
import { isAllowed } from './permissions.ts';

/** Objects of one answer: some MB of memory at most, whatever the size of the cluster. */
const PAGE = 500;
/** Lists that expire are begun again so often, then read on where they were. */
const RESTARTS = 2;
const MOST_EXPIRIES = 100;
/** A 403 though the user is allowed to: the API server has not loaded its roles yet. */
const PATIENCE_403 = 4;

const METADATA_ONLY =
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1beta1';

export interface ListQuery {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly metadataOnly?: boolean;
}

export interface ListTarget {
  /** Takes a page; the next is asked for when it is done. */
  add(items: readonly RawValue[]): Promise<void> | void;
  /** What was taken so far is void: the list begins again. */
  restart(): Promise<void> | void;
}

export interface ListEnd {
  readonly resourceVersion: string;
  /** The pages are of different moments. */
  readonly isInconsistent: boolean;
}

/** The list is not for this user. */
export class ForbiddenError extends Error {
  override readonly name = 'ForbiddenError';
}

/**
 * Reads a list page by page, each object once. A list that expires (410) is begun again, and in the end read on with the token that the
 * server offers for that. Throws a ForbiddenError, an ApiError, or an ExchangeError.
 */
export async function listKind(
  client: ApiClient,
  query: ListQuery,
  target: ListTarget,
  { page = PAGE }: { readonly page?: number } = {},
): Promise<ListEnd> {
  let token = '';
  let restarts = 0;
  let refused = 0;
  let isInconsistent = false;
  let resourceVersion = '';
  const seen = new Set<string>();
  for (;;) {
    let list: Readonly<Record<string, unknown>>;
    try {
      const accept = query.metadataOnly ? METADATA_ONLY : 'application/json';
      list = await client.get(urlOf(query, page, token), accept);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 403) {
        refused++;
        const allowed = await isAllowed(client, { verb: 'list', ...query });
        if (allowed !== true || refused > PATIENCE_403) throw new ForbiddenError(error.message);
        await client.pause(refused);
        continue;
      }
      if (error.status !== 410 || token === '') throw error;
      restarts++;
      if (restarts > MOST_EXPIRIES) throw error;
      if (restarts <= RESTARTS || error.continueToken === undefined) {
        if (restarts > RESTARTS) throw error;
        token = '';
        seen.clear();
        await target.restart();
      } else {
        token = error.continueToken;
        isInconsistent = true;
      }
      continue;
    }
    const { items, metadata } = list;
    if (!Array.isArray(items) && items !== null && items !== undefined)
      throw new ExchangeError('the answer is no list of objects');
    if (!isObject(metadata)) throw new ExchangeError('the answer is no list of objects');
    await target.add((items ?? []).filter(isObject));
    if (typeof metadata.resourceVersion === 'string') resourceVersion = metadata.resourceVersion;
    const next = typeof metadata.continue === 'string' ? metadata.continue : '';
    if (next === '') return { resourceVersion, isInconsistent };
    if (seen.has(next)) throw new ExchangeError('the API server gives the same page again and again');
    seen.add(next);
    token = next;
  }
}

function urlOf(query: ListQuery, page: number, token: string): string {
  const { group, version, resource, namespace, fieldSelector, labelSelector } = query;
  const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const place = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const search = new URLSearchParams({ limit: String(page) });
  if (fieldSelector !== undefined) search.set('fieldSelector', fieldSelector);
  if (labelSelector !== undefined) search.set('labelSelector', labelSelector);
  if (token !== '') search.set('continue', token);
  return `${base}${place}/${resource}?${search}`;
}
