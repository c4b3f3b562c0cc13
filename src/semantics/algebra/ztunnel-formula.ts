import type { Group, Match, StringMatch, ZtunnelAuthorization } from '../ambient/authorization.ts';
import { isEmptyMatch } from '../ambient/authorization.ts';
import type { ZtunnelPolicies } from '../ambient/compile.ts';
import { contains, parseAddress } from '../../util/cidr.ts';
import { DESTINATION_IP, PEER, SOURCE_IP } from './axes.ts';
import { all, any, constant, EVERYTHING, type Formula, literal, NOTHING, not } from './formula.ts';
import type { SetPool } from './set-pool.ts';
import { anything, type Glob, literally, something } from './strings/glob.ts';

export interface ZtunnelPoint {
  readonly pool: SetPool;
  readonly port: number;
  readonly identified: boolean;
  readonly destinationIp: string | undefined;
}

/** One rule of what istiod sends, with the connections that it matches. */
export interface GroupSet {
  readonly authorization: ZtunnelAuthorization;
  readonly group: Group;
  readonly matches: Formula;
}

export interface ZtunnelSets {
  readonly deny: readonly GroupSet[];
  readonly allow: readonly GroupSet[];
  /** An ALLOW policy applies, so that what no rule of one matches is refused. */
  readonly restricted: boolean;
  /** What PeerAuthentication refuses whatever the input leaves open, and what it may refuse. */
  readonly transport: { readonly surely: Formula; readonly possibly: Formula };
  /** Connections that pass for certain. */
  readonly passes: Formula;
  /** Connections that pass under some reading of what the input leaves open. */
  readonly mayPass: Formula;
}

/** `decideZtunnel` as sets of connections. */
export function ztunnelSets({ deny, allow, transport }: ZtunnelPolicies, point: ZtunnelPoint): ZtunnelSets {
  const sets = (authorizations: readonly ZtunnelAuthorization[]): readonly GroupSet[] =>
    authorizations.flatMap((authorization) =>
      authorization.groups.map((group) => ({ authorization, group, matches: groupFormula(group, point) })),
    );
  const matched = (list: readonly GroupSet[]): Formula => any(list.map(({ matches }) => matches));
  const denySets = sets(deny);
  const allowSets = sets(allow);
  const variants = transport.variants.map(({ authorizations }) => matched(sets(authorizations)));
  const refused = { surely: variants.length > 0 ? all(variants) : NOTHING, possibly: any(variants) };
  const rest = all([
    ...denySets.map(({ matches }) => not(matches)),
    allow.length > 0 ? matched(allowSets) : EVERYTHING,
  ]);
  return {
    deny: denySets,
    allow: allowSets,
    restricted: allow.length > 0,
    transport: refused,
    passes: all([rest, not(refused.possibly)]),
    mayPass: all([rest, not(refused.surely)]),
  };
}

/** Connections that policies let pass, whatever PeerAuthentication became. */
export function policiesFormula(
  authorizations: readonly Pick<ZtunnelAuthorization, 'action' | 'groups'>[],
  point: ZtunnelPoint,
): Formula {
  const matched = (action: ZtunnelAuthorization['action']): Formula =>
    any(
      authorizations
        .filter((each) => each.action === action)
        .flatMap(({ groups }) => groups.map((group) => groupFormula(group, point))),
    );
  const isRestricted = authorizations.some(({ action }) => action === 'ALLOW');
  return all([not(matched('DENY')), isRestricted ? matched('ALLOW') : EVERYTHING]);
}

function groupFormula({ clauses }: Group, point: ZtunnelPoint): Formula {
  return all(clauses.map(({ matches }) => any(matches.map((match) => matchFormula(match, point)))));
}

/** AND of fields; an empty match never matches (reference §2.9). */
function matchFormula(match: Match, point: ZtunnelPoint): Formula {
  if (isEmptyMatch(match)) return NOTHING;
  const { pool, port, identified, destinationIp } = point;
  const ofPeer = (kind: string, globs: readonly Glob[]): Formula =>
    globs.length === 0
      ? NOTHING
      : literal(
          PEER,
          pool.words(JSON.stringify([kind, globs]), 'as-is', () => globs),
        );
  const principals = (list: readonly StringMatch[]): Formula =>
    identified ? ofPeer('principal', list.map(stringGlob)) : NOTHING;
  const namespaces = (list: readonly StringMatch[]): Formula =>
    identified ? ofPeer('namespace', list.map(namespaceGlob)) : constant(list.some(matchesEmpty));
  const accounts = (list: NonNullable<Match['serviceAccounts']>): Formula =>
    identified
      ? ofPeer(
          'account',
          list.map(({ namespace, serviceAccount }) => [
            ...something('in-segment'),
            ...literally(`/ns/${namespace}/sa/${serviceAccount}`),
          ]),
        )
      : NOTHING;
  const addresses = (axis: typeof SOURCE_IP, list: NonNullable<Match['sourceIps']>): Formula => {
    const blocks = list.map(({ cidr }) => cidr);
    if (axis !== DESTINATION_IP || destinationIp === undefined)
      return literal(axis, pool.blocks(list.map(({ text }) => text).join(), blocks));
    const address = parseAddress(destinationIp);
    return constant(address !== undefined && blocks.some((block) => contains(block, address)));
  };
  return all([
    ...(match.destinationPorts ? [constant(match.destinationPorts.includes(port))] : []),
    ...(match.notDestinationPorts ? [constant(!match.notDestinationPorts.includes(port))] : []),
    ...(match.principals ? [principals(match.principals)] : []),
    ...(match.notPrincipals ? [not(principals(match.notPrincipals))] : []),
    ...(match.namespaces ? [namespaces(match.namespaces)] : []),
    ...(match.notNamespaces ? [not(namespaces(match.notNamespaces))] : []),
    ...(match.serviceAccounts ? [accounts(match.serviceAccounts)] : []),
    ...(match.notServiceAccounts ? [not(accounts(match.notServiceAccounts))] : []),
    ...(match.sourceIps ? [addresses(SOURCE_IP, match.sourceIps)] : []),
    ...(match.notSourceIps ? [not(addresses(SOURCE_IP, match.notSourceIps))] : []),
    ...(match.destinationIps ? [addresses(DESTINATION_IP, match.destinationIps)] : []),
    ...(match.notDestinationIps ? [not(addresses(DESTINATION_IP, match.notDestinationIps))] : []),
  ]);
}

/** ztunnel compares the whole identity, and its parts as parsed. */
function stringGlob(match: StringMatch): Glob {
  if ('exact' in match) return literally(match.exact);
  if ('prefix' in match) return [...literally(match.prefix), ...anything()];
  if ('suffix' in match) return [...anything(), ...literally(match.suffix)];
  return something();
}

function namespaceGlob(match: StringMatch): Glob {
  const inside = (): Glob => {
    if ('exact' in match) return literally(match.exact);
    if ('prefix' in match) return [...literally(match.prefix), ...anything('in-segment')];
    if ('suffix' in match) return [...anything('in-segment'), ...literally(match.suffix)];
    return something('in-segment');
  };
  return [...something('in-segment'), ...literally('/ns/'), ...inside(), ...literally('/sa/'), ...something()];
}

/** Without an identity the namespace is the empty text. */
function matchesEmpty(match: StringMatch): boolean {
  if ('exact' in match) return match.exact === '';
  if ('prefix' in match) return match.prefix === '';
  return 'suffix' in match && match.suffix === '';
}
