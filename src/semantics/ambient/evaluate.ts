import { type Address, contains } from '../../util/cidr.ts';
import {
  type AddressMatch,
  type Clause,
  type Group,
  isEmptyMatch,
  type Match,
  type ServiceAccountMatch,
  type StringMatch,
  type ZtunnelAuthorization,
} from './authorization.ts';

/** A connection as ztunnel sees it. */
export interface ZtunnelView {
  /** `td/ns/N/sa/S`; empty in plaintext, as are namespace and service account. */
  readonly principal: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Undefined: not stated. */
  readonly source: Address | undefined;
  readonly destination: Address | undefined;
  readonly port: number;
}

/** `undefined`: depends on an address that is not stated. */
export type Truth = boolean | undefined;

/**
 * The first group that matches, or may match.
 *
 * Source: ztunnel src/rbac.rs (Authorization::matches; reference §2.9).
 */
export function findGroup(
  { groups }: Pick<ZtunnelAuthorization, 'groups'>,
  view: ZtunnelView,
): { readonly group: Group; readonly certain: boolean } | undefined {
  let possible: Group | undefined;
  for (const group of groups) {
    const truth = matchesGroup(group, view);
    if (truth === true) return { group, certain: true };
    if (truth === undefined) possible ??= group;
  }
  return possible && { group: possible, certain: false };
}

function matchesGroup({ clauses }: Group, view: ZtunnelView): Truth {
  let result: Truth = true;
  for (const clause of clauses) {
    const truth = matchesClause(clause, view);
    if (truth === false) return false;
    if (truth === undefined) result = undefined;
  }
  return result;
}

export function matchesClause({ matches }: Clause, view: ZtunnelView): Truth {
  let result: Truth = false;
  for (const match of matches) {
    const truth = matchesAll(match, view);
    if (truth === true) return true;
    if (truth === undefined) result = undefined;
  }
  return result;
}

/** An empty match never matches. */
function matchesAll(match: Match, view: ZtunnelView): Truth {
  const { principal, namespace, source, destination, port } = view;
  if (match.destinationPorts && !match.destinationPorts.includes(port)) return false;
  if (match.notDestinationPorts?.includes(port)) return false;
  if (match.principals && !anyPrincipal(match.principals, principal)) return false;
  if (match.notPrincipals && anyPrincipal(match.notPrincipals, principal)) return false;
  if (match.namespaces && !anyString(match.namespaces, namespace)) return false;
  if (match.notNamespaces && anyString(match.notNamespaces, namespace)) return false;
  if (match.serviceAccounts && !anyAccount(match.serviceAccounts, view)) return false;
  if (match.notServiceAccounts && anyAccount(match.notServiceAccounts, view)) return false;
  const inSource = matchesAddress(match.sourceIps, match.notSourceIps, source);
  const inDestination = matchesAddress(match.destinationIps, match.notDestinationIps, destination);
  if (inSource === false || inDestination === false) return false;
  if (inSource === undefined || inDestination === undefined) return undefined;
  return !isEmptyMatch(match);
}

type Addresses = readonly AddressMatch[] | undefined;

function matchesAddress(positive: Addresses, negative: Addresses, address: Address | undefined): Truth {
  if (!positive && !negative) return true;
  if (!address) return undefined;
  if (positive && !positive.some(({ cidr }) => contains(cidr, address))) return false;
  return !negative?.some(({ cidr }) => contains(cidr, address));
}

function anyString(matches: readonly StringMatch[], value: string): boolean {
  return matches.some((match) => matchesString(match, value));
}

function matchesString(match: StringMatch, value: string): boolean {
  if ('exact' in match) return value === match.exact;
  if ('prefix' in match) return value.startsWith(match.prefix);
  if ('suffix' in match) return value.endsWith(match.suffix);
  return value !== '';
}

/** Without an identity no principal matches, not even an empty prefix. */
const anyPrincipal = (matches: readonly StringMatch[], principal: string): boolean =>
  principal !== '' && anyString(matches, principal);

function anyAccount(
  matches: readonly ServiceAccountMatch[],
  { principal, namespace, serviceAccount }: ZtunnelView,
): boolean {
  return (
    principal !== '' &&
    matches.some((match) => match.namespace === namespace && match.serviceAccount === serviceAccount)
  );
}
