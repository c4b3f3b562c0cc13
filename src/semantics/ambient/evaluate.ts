import { type Address, contains } from '../../util/cidr.ts';
import type {
  AddressMatch,
  Clause,
  Group,
  Match,
  ServiceAccountMatch,
  StringMatch,
  ZtunnelAuthorization,
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
  { groups }: ZtunnelAuthorization,
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
  let empty = true;
  let undetermined = false;
  for (const name in match) {
    empty = false;
    const truth = FIELDS[name as keyof Match](match, view);
    if (truth === false) return false;
    if (truth === undefined) undetermined = true;
  }
  return undetermined ? undefined : !empty;
}

type Field = (match: Match, view: ZtunnelView) => Truth;

const FIELDS: Readonly<Record<keyof Match, Field>> = {
  namespaces: ({ namespaces }, { namespace }) => anyString(namespaces, namespace),
  notNamespaces: ({ notNamespaces }, { namespace }) => !anyString(notNamespaces, namespace),
  serviceAccounts: ({ serviceAccounts }, view) => anyAccount(serviceAccounts, view),
  notServiceAccounts: ({ notServiceAccounts }, view) => !anyAccount(notServiceAccounts, view),
  principals: ({ principals }, { principal }) => anyPrincipal(principals, principal),
  notPrincipals: ({ notPrincipals }, { principal }) => !anyPrincipal(notPrincipals, principal),
  sourceIps: ({ sourceIps }, { source }) => anyAddress(sourceIps, source),
  notSourceIps: ({ notSourceIps }, { source }) => not(anyAddress(notSourceIps, source)),
  destinationIps: ({ destinationIps }, { destination }) => anyAddress(destinationIps, destination),
  notDestinationIps: ({ notDestinationIps }, { destination }) => not(anyAddress(notDestinationIps, destination)),
  destinationPorts: ({ destinationPorts }, { port }) => destinationPorts?.includes(port),
  notDestinationPorts: ({ notDestinationPorts }, { port }) => !notDestinationPorts?.includes(port),
};

const not = (truth: Truth): Truth => (truth === undefined ? undefined : !truth);

function anyString(matches: readonly StringMatch[] = [], value: string): boolean {
  return matches.some((match) => matchesString(match, value));
}

function matchesString(match: StringMatch, value: string): boolean {
  if ('exact' in match) return value === match.exact;
  if ('prefix' in match) return value.startsWith(match.prefix);
  if ('suffix' in match) return value.endsWith(match.suffix);
  return value !== '';
}

/** Without an identity no principal matches, not even an empty prefix. */
const anyPrincipal = (matches: readonly StringMatch[] | undefined, principal: string): boolean =>
  principal !== '' && anyString(matches, principal);

function anyAccount(
  matches: readonly ServiceAccountMatch[] = [],
  { principal, namespace, serviceAccount }: ZtunnelView,
): boolean {
  return (
    principal !== '' &&
    matches.some((match) => match.namespace === namespace && match.serviceAccount === serviceAccount)
  );
}

function anyAddress(matches: readonly AddressMatch[] = [], address: Address | undefined): Truth {
  return address && matches.some(({ cidr }) => contains(cidr, address));
}
