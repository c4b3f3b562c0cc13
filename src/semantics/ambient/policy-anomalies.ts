import { DRY_RUN, isDryRun } from '../authz/dry-run.ts';
import type {
  AuthorizationPolicy,
  AuthorizationRule,
  AuthorizationSource,
} from '../../model/istio/authorization-policy.ts';
import type { Path } from '../../model/resource.ts';
import { type Anomaly, type AnomalyId, effectOf } from './anomaly.ts';
import { isEmptyMatch, type Match } from './authorization.ts';
import {
  type ConversionContext,
  convertCondition,
  convertOperation,
  convertSource,
  hasTarget,
  trustDomainsIn,
  unsupportedIn,
  unsupportedKey,
  unsupportedOperations,
  unsupportedSources,
} from './convert-policy.ts';
import { addressMatch, isMappedAddress, portNumber } from './convert-values.ts';

export interface AnomalyContext extends ConversionContext {
  readonly trustDomain?: string;
  readonly trustDomainAliases?: readonly string[];
}

/** Where ztunnel enforces an AuthorizationPolicy otherwise than it reads (reference §2.9, §2.10, §16). */
export function findPolicyAnomalies(policy: AuthorizationPolicy, context: AnomalyContext): readonly Anomaly[] {
  const { spec } = policy;
  const one = (id: AnomalyId, effect: Anomaly['effect'], path: Path, text: string): readonly Anomaly[] => [
    { id, effect, policy, path, text },
  ];
  if (isDryRun(policy))
    return one(
      'dry-run-not-sent',
      'none',
      ['metadata', 'annotations', DRY_RUN],
      'a dry-run policy is not sent to ztunnel: nothing is logged about it',
    );
  if (hasTarget(policy, context.version)) return [];
  const { action = 'ALLOW' } = spec;
  if (action !== 'ALLOW' && action !== 'DENY') {
    return one(
      'action-not-enforced',
      action === 'CUSTOM' ? 'opens' : 'none',
      ['spec', 'action'],
      `ztunnel knows no ${action} policies`,
    );
  }
  if (spec.selector && Object.keys(spec.selector.matchLabels ?? {}).length === 0) {
    return one(
      'empty-selector-selects-nothing',
      'opens',
      ['spec', 'selector'],
      'an empty selector attaches to no workload in ambient',
    );
  }
  return spec.rules?.flatMap((rule, index) => ruleAnomalies(rule, { policy, action, index, context })) ?? [];
}

interface Place {
  readonly policy: AuthorizationPolicy;
  readonly action: 'ALLOW' | 'DENY';
  readonly index: number;
  readonly context: AnomalyContext;
}

/** One entry of `from` or `to`, or one `when`: what it became, and what of it did not survive. */
interface Entry {
  readonly path: Path;
  readonly match: Match;
  readonly http: readonly string[];
  readonly found: readonly Finding[];
}

type Finding = Pick<Anomaly, 'id' | 'effect' | 'path' | 'text'>;

function ruleAnomalies(rule: AuthorizationRule, place: Place): readonly Anomaly[] {
  const { policy, action, index, context } = place;
  const path: Path = ['spec', 'rules', index];
  const at = (finding: Finding): Anomaly => ({ ...finding, policy, rule: index });
  const names = unsupportedIn(rule, context).join(', ');
  if (names && action === 'ALLOW')
    return [
      at({
        id: 'http-rule-removed',
        effect: 'closes',
        path,
        text: `ztunnel cannot evaluate ${names}: the rule does not exist there`,
      }),
    ];
  const clauses = entriesOf(rule, path, place);
  if (names && clauses.some((entries) => entries.every(({ match }) => isEmptyMatch(match)))) {
    return [
      at({
        id: 'http-rule-without-effect',
        effect: 'opens',
        path,
        text: `ztunnel cannot evaluate ${names}: what is left of the rule denies nothing`,
      }),
    ];
  }
  return clauses
    .flat()
    .flatMap((entry) => entryFindings(entry, action))
    .map(at);
}

function entriesOf(
  rule: AuthorizationRule,
  path: Path,
  { policy, action, context }: Place,
): readonly (readonly Entry[])[] {
  const to = (rule.to ?? []).map(({ operation = {} }, i): Entry => {
    const at = [...path, 'to', i, 'operation'];
    const found = [
      ...badPorts(operation.ports, [...at, 'ports']),
      ...badPorts(operation.notPorts, [...at, 'notPorts']),
    ];
    return { path: at, match: convertOperation(operation), http: unsupportedOperations(operation), found };
  });
  const from = (rule.from ?? []).map(({ source = {} }, i): Entry => {
    const at = [...path, 'from', i, 'source'];
    const match = convertSource(source, policy.namespace);
    return {
      path: at,
      match,
      http: unsupportedSources(source, context),
      found: sourceFindings(source, match, at, action, context),
    };
  });
  const when = (rule.when ?? []).map((condition, i): readonly Entry[] => {
    const { key = '', values, notValues } = condition;
    const at = [...path, 'when', i];
    const check = CHECKS[key];
    const found = check
      ? [
          ...check(values, [...at, 'values'], action, false, context),
          ...check(notValues, [...at, 'notValues'], action, true, context),
        ]
      : [];
    return [{ path: at, match: convertCondition(condition), http: unsupportedKey(key), found }];
  });
  return [to, from, ...when].filter((entries) => entries.length > 0);
}

function entryFindings({ path, match, http, found }: Entry, action: 'ALLOW' | 'DENY'): readonly Finding[] {
  const empty = isEmptyMatch(match);
  if (http.length > 0) {
    const names = http.join(', ');
    const own: Finding = empty
      ? {
          id: 'http-entry-without-effect',
          effect: 'opens',
          path,
          text: `ztunnel cannot evaluate ${names}: the entry denies nothing`,
        }
      : {
          id: 'http-attributes-dropped',
          effect: 'closes',
          path,
          text: `ztunnel cannot evaluate ${names}: it denies whatever else the entry names`,
        };
    return [own, ...found];
  }
  if (empty && found.length === 0) {
    return [
      {
        id: 'empty-entry-never-matches',
        effect: effectOf(action, 'less'),
        path,
        text: 'an entry without conditions never matches at ztunnel',
      },
    ];
  }
  return found;
}

function sourceFindings(
  source: AuthorizationSource,
  match: Match,
  path: Path,
  action: 'ALLOW' | 'DENY',
  context: AnomalyContext,
): readonly Finding[] {
  const findings: Finding[] = [];
  const [trustDomain] = trustDomainsIn(source);
  if (trustDomain && context.trustDomains === 'dropped') {
    const empty = isEmptyMatch(match);
    const rest = empty ? 'the entry matches nobody' : 'the rest of the entry is enforced without it';
    findings.push({
      id: 'trust-domain-dropped',
      effect: effectOf(action, empty ? 'less' : 'more'),
      path: [...path, trustDomain],
      text: `ztunnel does not know ${trustDomain}: ${rest}`,
    });
  }
  for (const [name, check] of SOURCE_CHECKS) {
    findings.push(...check(source[name], [...path, name], action, name.startsWith('not'), context));
  }
  return findings;
}

type Check = (
  values: readonly string[] | undefined,
  path: Path,
  action: 'ALLOW' | 'DENY',
  negated: boolean,
  context: AnomalyContext,
) => readonly Finding[];

const badValue = (value: string, path: Path): Finding => ({
  id: 'bad-value-dropped',
  effect: 'none',
  path,
  text: `\`${value}\` cannot be read and is dropped: the entry is enforced without it`,
});

function badPorts(values: readonly string[] | undefined, path: Path): readonly Finding[] {
  return (values ?? []).flatMap((value, i) => (portNumber(value) === undefined ? badValue(value, [...path, i]) : []));
}

const checkAddresses: Check = (values = [], path, action, negated) =>
  values.flatMap((value, i): readonly Finding[] => {
    const parsed = addressMatch(value);
    if (!parsed) return [badValue(value, [...path, i])];
    if (!isMappedAddress(parsed)) return [];
    return [
      {
        id: 'mapped-address-never-matches',
        effect: effectOf(action, negated ? 'more' : 'less'),
        path: [...path, i],
        text: `\`${value}\` never matches a client that comes by IPv4`,
      },
    ];
  });

const checkNamespaces: Check = (values = [], path, action, negated) =>
  values.flatMap((value, i): readonly Finding[] => {
    const inner = value.startsWith('*') ? value.slice(1) : value.endsWith('*') ? value.slice(0, -1) : value;
    if (!inner.includes('*')) return [];
    return [
      {
        id: 'inner-star-is-literal',
        effect: effectOf(action, negated ? 'more' : 'less'),
        path: [...path, i],
        text: `\`${value}\`: ztunnel takes only one star, at one end, for a wildcard`,
      },
    ];
  });

/** Sidecars read an alias, and `cluster.local`, as the mesh's trust domains. */
const checkPrincipals: Check = (values = [], path, action, negated, { trustDomain, trustDomainAliases = [] }) =>
  values.flatMap((value, i): readonly Finding[] => {
    const [domain = '', ...rest] = value.split('/');
    if (trustDomain === undefined || rest.length !== 4 || domain === trustDomain) return [];
    if (domain !== 'cluster.local' && !trustDomainAliases.includes(domain)) return [];
    return [
      {
        id: 'trust-domain-not-expanded',
        effect: effectOf(action, negated ? 'more' : 'less'),
        path: [...path, i],
        text: `\`${value}\` stands for ${trustDomain} at a sidecar; ztunnel reads it literally`,
      },
    ];
  });

const SOURCE_CHECKS = [
  ['ipBlocks', checkAddresses],
  ['notIpBlocks', checkAddresses],
  ['namespaces', checkNamespaces],
  ['notNamespaces', checkNamespaces],
  ['principals', checkPrincipals],
  ['notPrincipals', checkPrincipals],
] as const;

const CHECKS: Readonly<Record<string, Check | undefined>> = {
  'source.ip': checkAddresses,
  'destination.ip': checkAddresses,
  'source.namespace': checkNamespaces,
  'source.principal': checkPrincipals,
  'destination.port': badPorts,
};
