import type { LoadedHost, LoadedRoutes } from '../../model/observation/envoy-dump.ts';
import { isObject } from '../../model/shape.ts';
import { listOf, textOf } from './json.ts';

/** What a route configuration leads to. Source: envoy api/envoy/config/route/v3/route_components.proto. */
export function readRoutes(value: unknown): readonly LoadedRoutes[] {
  const name = isObject(value) ? textOf(value.name) : undefined;
  if (!isObject(value) || name === undefined) return [];
  return [{ name, hosts: listOf(value.virtual_hosts).flatMap(readHost) }];
}

function readHost(value: unknown): readonly LoadedHost[] {
  if (!isObject(value)) return [];
  const leads = listOf(value.routes).flatMap((route) => (isObject(route) ? leadsOf(route) : []));
  return [
    {
      name: textOf(value.name) ?? '',
      domains: listOf(value.domains).filter((domain) => typeof domain === 'string'),
      redirects: value.require_tls === 'ALL' || value.require_tls === 'EXTERNAL_ONLY',
      leads: [...new Set(leads)].sort(),
    },
  ];
}

function leadsOf({ route, redirect, direct_response }: Readonly<Record<string, unknown>>): readonly string[] {
  if (redirect !== undefined || direct_response !== undefined) return ['answer'];
  return isObject(route) ? clustersOf(route) : ['(an action of another form)'];
}

/** Of several that have a weight, those that get something. */
function clustersOf({ cluster, weighted_clusters }: Readonly<Record<string, unknown>>): readonly string[] {
  if (typeof cluster === 'string') return [cluster];
  const weighted = listOf(isObject(weighted_clusters) ? weighted_clusters.clusters : undefined).filter(isObject);
  if (weighted.length === 0) return ['(an action of another form)'];
  return weighted
    .filter(({ weight }) => weight !== 0 && weight !== undefined)
    .flatMap(({ name }) => textOf(name) ?? []);
}
