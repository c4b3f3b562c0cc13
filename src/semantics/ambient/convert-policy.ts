import { isDryRun } from '../authz/dry-run.ts';
import { targetsOf } from '../policy-index.ts';
import type {
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
  AuthorizationSource,
} from '../../model/istio/authorization-policy.ts';
import type { Path } from '../../model/resource.ts';
import type { Clause, Group, Match, ZtunnelAuthorization } from './authorization.ts';
import { addressMatch, portNumber, serviceAccountMatch, stringMatch } from './convert-values.ts';

export interface ConversionContext {
  readonly rootNamespace: string;
  /** What becomes of `trustDomains` (versions.ts). */
  readonly trustDomains: 'dropped' | 'unsupported';
  readonly version?: string;
}

/**
 * What istiod makes of one AuthorizationPolicy for ztunnel; null where ztunnel never hears of it: dry-run, `targetRefs` (for waypoints),
 * AUDIT and CUSTOM.
 *
 * Source: istio pilot/pkg/serviceregistry/ambient/authorization.go (convertAuthorizationPolicy; reference §2.9, §2.11, §16).
 */
export function convertAuthorizationPolicy(
  policy: AuthorizationPolicy,
  context: ConversionContext,
): ZtunnelAuthorization | null {
  const { spec, name, namespace } = policy;
  const action = spec.action ?? 'ALLOW';
  if (isDryRun(policy) || hasTarget(policy, context.version) || (action !== 'ALLOW' && action !== 'DENY')) return null;
  return {
    name,
    namespace,
    scope: spec.selector ? 'WORKLOAD_SELECTOR' : namespace === context.rootNamespace ? 'GLOBAL' : 'NAMESPACE',
    action,
    groups: spec.rules?.flatMap((rule, index) => convertRule(rule, index, { action, namespace, context }) ?? []) ?? [],
    source: policy,
  };
}

export const hasTarget = ({ spec }: AuthorizationPolicy, version?: string): boolean =>
  targetsOf(spec, version).length > 0;

interface RuleContext {
  readonly action: 'ALLOW' | 'DENY';
  readonly namespace: string;
  readonly context: ConversionContext;
}

/** An ALLOW rule with HTTP attributes is gone; of a DENY rule only those attributes are, which may leave entries that never match. */
function convertRule(
  rule: AuthorizationRule,
  index: number,
  { action, namespace, context }: RuleContext,
): Group | null {
  if (action === 'ALLOW' && unsupportedIn(rule, context).length > 0) return null;
  const path: Path = ['spec', 'rules', index];
  const clauses: Clause[] = [];
  if (rule.to?.length)
    clauses.push({ path: [...path, 'to'], matches: rule.to.map(({ operation = {} }) => convertOperation(operation)) });
  if (rule.from?.length)
    clauses.push({
      path: [...path, 'from'],
      matches: rule.from.map(({ source = {} }) => convertSource(source, namespace)),
    });
  rule.when?.forEach((condition, i) => {
    clauses.push({ path: [...path, 'when', i], matches: [convertCondition(condition)] });
  });
  return { rule: index, clauses };
}

export function convertOperation({ ports, notPorts }: AuthorizationOperation): Match {
  return { ...portField('destinationPorts', ports), ...portField('notDestinationPorts', notPorts) };
}

export function convertSource(source: AuthorizationSource, policyNamespace: string): Match {
  const account = (value: string) => serviceAccountMatch(value, policyNamespace);
  return {
    ...addressField('sourceIps', source.ipBlocks),
    ...addressField('notSourceIps', source.notIpBlocks),
    ...field('namespaces', source.namespaces?.map(stringMatch)),
    ...field('notNamespaces', source.notNamespaces?.map(stringMatch)),
    ...field('serviceAccounts', source.serviceAccounts?.map(account)),
    ...field('notServiceAccounts', source.notServiceAccounts?.map(account)),
    ...field('principals', source.principals?.map(stringMatch)),
    ...field('notPrincipals', source.notPrincipals?.map(stringMatch)),
  };
}

export function convertCondition({ key, values, notValues }: AuthorizationCondition): Match {
  switch (key) {
    case 'source.ip':
      return { ...addressField('sourceIps', values), ...addressField('notSourceIps', notValues) };
    case 'source.namespace':
      return {
        ...field('namespaces', values?.map(stringMatch)),
        ...field('notNamespaces', notValues?.map(stringMatch)),
      };
    case 'source.principal':
      return {
        ...field('principals', values?.map(stringMatch)),
        ...field('notPrincipals', notValues?.map(stringMatch)),
      };
    case 'destination.ip':
      return { ...addressField('destinationIps', values), ...addressField('notDestinationIps', notValues) };
    case 'destination.port':
      return { ...portField('destinationPorts', values), ...portField('notDestinationPorts', notValues) };
    default:
      return {};
  }
}

const HTTP_OPERATIONS = ['hosts', 'notHosts', 'methods', 'notMethods', 'paths', 'notPaths'] as const;
const HTTP_SOURCES = ['remoteIpBlocks', 'notRemoteIpBlocks', 'requestPrincipals', 'notRequestPrincipals'] as const;
const TRUST_DOMAINS = ['trustDomains', 'notTrustDomains'] as const;
/** Any other key is HTTP to ztunnel, `connection.sni`, `remote.ip` and `source.serviceAccount` included. */
const L4_KEYS: ReadonlySet<string> = new Set([
  'source.ip',
  'source.namespace',
  'source.principal',
  'destination.ip',
  'destination.port',
]);

export const unsupportedOperations = (operation: AuthorizationOperation): readonly string[] =>
  HTTP_OPERATIONS.filter((name) => operation[name]?.length);

export function unsupportedSources(source: AuthorizationSource, context: ConversionContext): readonly string[] {
  const http = HTTP_SOURCES.filter((name) => source[name]?.length);
  return context.trustDomains === 'unsupported' ? [...http, ...trustDomainsIn(source)] : http;
}

export const trustDomainsIn = (source: AuthorizationSource): readonly string[] =>
  TRUST_DOMAINS.filter((name) => source[name]?.length);

export const unsupportedKey = (key = ''): readonly string[] => (L4_KEYS.has(key) ? [] : [key]);

/** The attributes of a rule that ztunnel does not know, sorted and each once, as istiod's status message names them. */
export function unsupportedIn(rule: AuthorizationRule, context: ConversionContext): readonly string[] {
  const names = [
    ...(rule.to ?? []).flatMap(({ operation = {} }) => unsupportedOperations(operation)),
    ...(rule.from ?? []).flatMap(({ source = {} }) => unsupportedSources(source, context)),
    ...(rule.when ?? []).flatMap(({ key }) => unsupportedKey(key)),
  ];
  return [...new Set(names)].sort();
}

const portField = (name: 'destinationPorts' | 'notDestinationPorts', values: readonly string[] | undefined): Match =>
  field(
    name,
    values?.flatMap((value) => portNumber(value) ?? []),
  );

type AddressField = 'sourceIps' | 'notSourceIps' | 'destinationIps' | 'notDestinationIps';

const addressField = (name: AddressField, values: readonly string[] | undefined): Match =>
  field(
    name,
    values?.flatMap((value) => addressMatch(value) ?? []),
  );

/** An empty list is no condition. */
function field<K extends keyof Match>(name: K, values: Match[K] | undefined): Match {
  return values && values.length > 0 ? { [name]: values } : {};
}
