import type { Refusal } from '../refusal.ts';
import type { Path } from '../resource.ts';
import type {
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
  AuthorizationSource,
} from './authorization-policy.ts';
import { checkCondition } from './validate-condition.ts';
import { checkDryRun } from './validate-dry-run.ts';
import { checkTarget } from './validate-target.ts';
import {
  checkBlocks,
  checkNoneEmpty,
  checkPathTemplates,
  checkPorts,
  checkServiceAccounts,
  type ValueCheck,
} from './validate-values.ts';

const SOURCE_CHECKS: Readonly<Record<keyof AuthorizationSource, readonly ValueCheck[]>> = {
  principals: [checkNoneEmpty],
  notPrincipals: [checkNoneEmpty],
  requestPrincipals: [checkNoneEmpty],
  notRequestPrincipals: [checkNoneEmpty],
  namespaces: [checkNoneEmpty],
  notNamespaces: [checkNoneEmpty],
  ipBlocks: [checkNoneEmpty, checkBlocks],
  notIpBlocks: [checkNoneEmpty, checkBlocks],
  remoteIpBlocks: [checkNoneEmpty, checkBlocks],
  notRemoteIpBlocks: [checkNoneEmpty, checkBlocks],
  serviceAccounts: [checkServiceAccounts],
  notServiceAccounts: [checkServiceAccounts],
  trustDomains: [checkNoneEmpty],
  notTrustDomains: [checkNoneEmpty],
};

const OPERATION_CHECKS: Readonly<Record<keyof AuthorizationOperation, readonly ValueCheck[]>> = {
  hosts: [checkNoneEmpty],
  notHosts: [checkNoneEmpty],
  ports: [checkNoneEmpty, checkPorts],
  notPorts: [checkNoneEmpty, checkPorts],
  methods: [checkNoneEmpty],
  notMethods: [checkNoneEmpty],
  paths: [checkNoneEmpty, checkPathTemplates],
  notPaths: [checkNoneEmpty, checkPathTemplates],
};

/** CUSTOM runs before the token is read, and asks for approval whoever the peer is. */
const NOT_IN_CUSTOM: readonly (keyof AuthorizationSource)[] = [
  'principals',
  'notPrincipals',
  'requestPrincipals',
  'notRequestPrincipals',
  'namespaces',
  'notNamespaces',
  'serviceAccounts',
  'notServiceAccounts',
  'trustDomains',
  'notTrustDomains',
];
const CUSTOM_KEYS = /^(source\.(namespace|serviceAccount|principal|trustDomain)$|request\.auth\.)/;
const CUSTOM_HELP =
  'use `hosts`, `paths`, `methods`, `ports` or IP blocks in CUSTOM, and identities in an ALLOW or DENY beside it';

/** Why Istio's webhook refuses the policy (reference §2.11; I:pkg/config/validation/validation.go, ValidateAuthorizationPolicy). */
export function checkAuthorizationPolicy(policy: AuthorizationPolicy): readonly Refusal[] {
  const { action = 'ALLOW', rules = [], provider } = policy.spec;
  const found: Refusal[] = [...checkDryRun(policy, action), ...checkTarget(policy.spec)];
  if (rules.length === 0 && (action === 'CUSTOM' || action === 'DENY')) {
    const help = 'add an empty rule `{}` if you mean every request';
    found.push({ path: ['spec'], reason: `action \`${action}\` without \`rules\` never matches`, help });
  } else if (action === 'CUSTOM' && !provider?.name) {
    const help = 'name an entry of `meshConfig.extensionProviders`';
    found.push({ path: ['spec', 'provider'], reason: 'action `CUSTOM` names no `provider.name`', help });
  }
  if (provider && action !== 'CUSTOM') {
    found.push({
      path: ['spec', 'provider'],
      reason: `\`provider\` is not for action \`${action}\``,
      help: 'remove it, or write `action: CUSTOM`',
    });
  }
  for (const [index, rule] of rules.entries()) {
    const path = ['spec', 'rules', index];
    checkRule(rule, path, found);
    if (action === 'CUSTOM') found.push(...checkCustomRule(rule, path));
  }
  return found;
}

function checkRule(rule: AuthorizationRule, path: Path, found: Refusal[]): void {
  for (const [index, { source }] of (rule.from ?? []).entries()) {
    const at = [...path, 'from', index, 'source'];
    checkFields(source, SOURCE_CHECKS, at, 'from.source', found);
    if (source) checkMix(source, at, found);
  }
  for (const [index, { operation }] of (rule.to ?? []).entries()) {
    checkFields(operation, OPERATION_CHECKS, [...path, 'to', index, 'operation'], 'to.operation', found);
  }
  for (const [index, condition] of (rule.when ?? []).entries())
    found.push(...checkCondition(condition, [...path, 'when', index]));
}

/** An empty source or operation is refused: some data planes read it as "any", others as "none". */
function checkFields<F extends string>(
  fields: { readonly [K in F]?: readonly string[] } | undefined,
  checks: Readonly<Record<F, readonly ValueCheck[]>>,
  path: Path,
  name: string,
  found: Refusal[],
): void {
  let values = 0;
  for (const field of Object.keys(fields ?? {}) as F[]) {
    const list: readonly string[] = fields?.[field] ?? [];
    if (list.length === 0) continue;
    values += list.length;
    const at = [...path, field];
    for (const check of checks[field]) found.push(...check(list, at));
  }
  if (values > 0) return;
  found.push({ path, reason: `a \`${name}\` is empty`, help: 'fill it in, or remove the whole entry if you mean any' });
}

function checkMix(source: AuthorizationSource, path: Path, found: Refusal[]): void {
  const has = (...fields: (keyof AuthorizationSource)[]) => fields.some((field) => (source[field]?.length ?? 0) > 0);
  if (!has('serviceAccounts', 'notServiceAccounts')) return;
  if (!has('principals', 'notPrincipals', 'namespaces', 'notNamespaces')) return;
  const reason = 'a source has `serviceAccounts` together with `principals` or `namespaces`';
  found.push({ path, reason, help: 'a service account says the namespace too: keep one of them' });
}

function* checkCustomRule(rule: AuthorizationRule, path: Path): Iterable<Refusal> {
  for (const [index, { source }] of (rule.from ?? []).entries()) {
    for (const field of NOT_IN_CUSTOM) {
      if (!source?.[field]?.length) continue;
      const at = [...path, 'from', index, 'source', field];
      yield { path: at, reason: `\`${field}\` is not for action \`CUSTOM\``, help: CUSTOM_HELP };
    }
  }
  for (const [index, { key = '' }] of (rule.when ?? []).entries()) {
    if (!CUSTOM_KEYS.test(key)) continue;
    yield {
      path: [...path, 'when', index, 'key'],
      reason: `\`${key}\` is not for action \`CUSTOM\``,
      help: CUSTOM_HELP,
    };
  }
}
