import type { Principal } from '../../model/inventory/types.ts';
import type { HttpRequest } from '../attempt.ts';
import { BEARER, carrierOf, isSamePlace, type SentToken, type TokenPlace } from '../jwt/token-place.ts';
import type { Query, Source } from '../query.ts';
import {
  DESTINATION_IP,
  HOST,
  METHOD,
  OWN_HOST,
  PATH,
  PEER,
  REMOTE_IP,
  SERVER_NAME,
  SOURCE_IP,
  TOKEN,
} from './axes.ts';
import type { Axis, Formula } from './formula.ts';
import type { Region } from './region.ts';
import { holds, type Model } from './solver.ts';
import { NO_TOKEN, placeOfValue } from './token-sets.ts';

/** A request of a set: where it goes, and how its values were found. */
export interface Found {
  readonly region: Pick<Region, 'transport' | 'protocol' | 'destination'>;
  /** The set. */
  readonly formula: Formula;
  readonly model: Model;
}

/** The concrete request that a model describes. Whoever shows it decides it first. */
export function queryOfModel(found: Found, position: Source['position'] = { kind: 'unstated' }): Query {
  const { region, model } = found;
  const { transport, protocol, destination } = region;
  const { axes } = model;
  const isAsked = (axis: Axis): boolean => axes.some(({ key }) => key === axis.key);
  const one = (axis: Axis): string | undefined => (isAsked(axis) ? model.values(axis)[0] : undefined);
  const ip = one(SOURCE_IP);
  const remoteIp = one(REMOTE_IP);
  const destinationIp = one(DESTINATION_IP);
  const sni = one(SERVER_NAME);
  const tokenPlace = placeOfValue(model.values(TOKEN)[0] ?? NO_TOKEN);
  return {
    client: 'attacker',
    source: {
      position,
      identity: transport === 'mtls' ? ((model.values(PEER)[0] ?? '') as Principal) : null,
      connects: transport,
      ...(ip === undefined ? {} : { ip }),
      ...(remoteIp === undefined ? {} : { remoteIp }),
    },
    destination: destinationIp === undefined ? destination : { ...destination, ip: destinationIp },
    transport: 'TCP',
    ...(protocol === 'http' ? { http: httpOf(found, axes, tokenPlace) } : {}),
    ...(protocol === 'http' && tokenPlace ? { token: sentToken(claimsOf(model, axes), tokenPlace) } : {}),
    ...(sni ? { sni } : {}),
  };
}

/** A bearer token is not said to be one. */
export const sentToken = (claims: SentToken['claims'], place: TokenPlace): SentToken => ({
  claims,
  valid: true,
  ...(isSamePlace(place, BEARER) ? {} : { place }),
});

function httpOf({ model, formula, region }: Found, axes: readonly Axis[], token: TokenPlace | undefined): HttpRequest {
  const { workload, via } = region.destination;
  const host = model.values(HOST)[0] ?? OWN_HOST;
  const own = via
    ? `${via.service.name}.${via.service.namespace}.svc.cluster.local`
    : `${workload.name}.${workload.namespace}`;
  const asksHost = axes.some(({ key }) => key === HOST.key);
  return {
    method: model.values(METHOD)[0] ?? 'GET',
    path: model.values(PATH)[0] ?? '/',
    // The destination's own name reads best, where the set leaves it in: always where nothing asks about hosts.
    host: host === OWN_HOST && (!asksHost || holdsWithHost(formula, model, own)) ? own : host,
    headers: headersOf(model, token, axes),
  };
}

/** Headers of a request, by name; a token brings its own. */
export function headersOf(
  model: Model,
  token: TokenPlace | undefined,
  axes: readonly Axis[] = model.axes,
): HttpRequest['headers'] {
  const carrier = token && carrierOf(token)?.[0];
  const headers = axes
    .filter(({ key }) => key.startsWith('header:') && key !== `header:${carrier}`)
    .flatMap((axis) => model.values(axis).map((value) => [axis.key.slice('header:'.length), value] as const));
  return headers.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

export function claimsOf(model: Model, axes: readonly Axis[] = model.axes): Readonly<Record<string, unknown>> {
  const claims: Record<string, unknown> = {};
  for (const axis of axes) {
    const values = model.values(axis);
    if (axis.path && values.length > 0) setClaim(claims, axis.path, values);
  }
  return claims;
}

function setClaim(claims: Record<string, unknown>, path: readonly string[], values: readonly string[]): void {
  let at = claims;
  for (const step of path.slice(0, -1)) {
    const inner = (at[step] ?? {}) as Record<string, unknown>;
    at[step] = inner;
    at = inner;
  }
  const [only] = values;
  // A single value with a space would be split where the claim is a list in one string.
  at[path.at(-1) ?? ''] = values.length === 1 && only !== undefined && !only.includes(' ') ? only : values;
}

function holdsWithHost(formula: Formula, model: Model, host: string): boolean {
  return holds(formula, { ...model, values: (axis) => (axis.key === HOST.key ? [host] : model.values(axis)) });
}
