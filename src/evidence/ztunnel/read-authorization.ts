import { isObject } from '../../model/shape.ts';
import type { EnvoyJson } from '../../model/observation/envoy-dump.ts';
import type {
  AddressMatch,
  Clause,
  Group,
  Match,
  ServiceAccountMatch,
  StringMatch,
  ZtunnelAuthorization,
} from '../../semantics/ambient/authorization.ts';
import { addressMatch } from '../../semantics/ambient/convert-values.ts';
import { formatAddress } from '../../util/cidr.ts';
import { textAt } from '../envoy/json.ts';

/** A policy as a ztunnel holds it, or as istiod would send it. */
export interface LoadedAuthorization extends Omit<ZtunnelAuthorization, 'source'> {
  /** `namespace/name`, by which workloads name it. */
  readonly key: string;
  readonly isDryRun: boolean;
  /** Matchers that are not known here. With one of them nothing is proven. */
  readonly unread: readonly string[];
}

/**
 * Reads both ways of writing: `rules` as lists of lists of lists with values as `{"Exact": …}` (ztunnel src/rbac.rs), and `groups` or `rules` of
 * protobuf's JSON, whose default values are left out (istio pkg/workloadapi/security/authorization.proto).
 */
export function readAuthorization(policy: EnvoyJson): LoadedAuthorization {
  const name = textAt(policy, 'name') ?? '';
  const namespace = textAt(policy, 'namespace') ?? '';
  const unread = new Set<string>();
  const outer = listOf(policy.rules).length > 0 ? listOf(policy.rules) : listOf(policy.groups);
  return {
    key: `${namespace}/${name}`,
    name,
    namespace,
    scope: scopeOf(textAt(policy, 'scope')),
    action: /^deny$/i.test(textAt(policy, 'action') ?? '') ? 'DENY' : 'ALLOW',
    isDryRun: policy.dryRun === true,
    groups: outer.map((rule): Group => ({ clauses: partsOf(rule).flatMap((part) => readClause(part, unread)) })),
    unread: [...unread].sort(),
  };
}

function scopeOf(value = ''): ZtunnelAuthorization['scope'] {
  if (/^workload_?selector$/i.test(value)) return 'WORKLOAD_SELECTOR';
  return /^namespace$/i.test(value) ? 'NAMESPACE' : 'GLOBAL';
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Clauses of a rule. */
function partsOf(rule: unknown): readonly unknown[] {
  if (!isObject(rule)) return listOf(rule);
  return listOf(rule.clauses).length > 0 ? listOf(rule.clauses) : listOf(rule.rules);
}

/** A clause without any match is passed over (ztunnel src/rbac.rs). */
function readClause(clause: unknown, unread: Set<string>): readonly Clause[] {
  const matches = isObject(clause) ? listOf(clause.matches) : listOf(clause);
  return matches.length === 0 ? [] : [{ path: [], matches: matches.map((match) => readMatch(match, unread)) }];
}

function readMatch(value: unknown, unread: Set<string>): Match {
  const found: Record<string, readonly unknown[]> = {};
  for (const [name, list] of Object.entries(isObject(value) ? value : {})) {
    const read = READERS[name as keyof Match];
    if (!read) unread.add(`match ${name}`);
    else {
      const values = listOf(list).map(read);
      if (values.some((each) => each === undefined)) unread.add(`a value of ${name}`);
      if (values.length > 0) found[name] = values.filter((each) => each !== undefined);
    }
  }
  return found;
}

const READERS: Readonly<Record<keyof Match, (value: unknown) => unknown>> = {
  namespaces: readString,
  notNamespaces: readString,
  principals: readString,
  notPrincipals: readString,
  serviceAccounts: readAccount,
  notServiceAccounts: readAccount,
  sourceIps: readAddress,
  notSourceIps: readAddress,
  destinationIps: readAddress,
  notDestinationIps: readAddress,
  destinationPorts: readPort,
  notDestinationPorts: readPort,
};

function readPort(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function readString(value: unknown): StringMatch | undefined {
  if (!isObject(value)) return undefined;
  const [[kind, content] = ['', undefined]] = Object.entries(value);
  const name = kind.toLowerCase();
  if (name === 'presence') return { presence: true };
  if (typeof content !== 'string') return undefined;
  if (name === 'exact') return { exact: content };
  if (name === 'prefix') return { prefix: content };
  return name === 'suffix' ? { suffix: content } : undefined;
}

function readAccount(value: unknown): ServiceAccountMatch | undefined {
  const namespace = textAt(value, 'namespace');
  const serviceAccount = textAt(value, 'serviceAccount');
  return namespace === undefined || serviceAccount === undefined ? undefined : { namespace, serviceAccount };
}

/** A block as text, or its bytes in base64 with a length. */
function readAddress(value: unknown): AddressMatch | undefined {
  if (typeof value === 'string') return addressMatch(value);
  const bytes = Buffer.from(textAt(value, 'address') ?? '', 'base64');
  if (!isObject(value) || (bytes.length !== 4 && bytes.length !== 16)) return undefined;
  const family = bytes.length === 4 ? 4 : 6;
  const address = formatAddress({ family, value: BigInt(`0x${bytes.toString('hex')}`) });
  return addressMatch(`${address}/${typeof value.length === 'number' ? value.length : 0}`);
}
