import type {
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
  AuthorizationSource,
} from '../../model/istio/authorization-policy.ts';
import { changeSpec } from '../../rules/changes.ts';
import { findMatch } from '../../semantics/authz/evaluate.ts';
import { withoutQuery } from '../../semantics/http/normalize-path.ts';
import type { Mesh } from '../../model/inventory/types.ts';
import type { Judged } from '../../semantics/judged.ts';
import { targetsOf } from '../../semantics/policy-index.ts';
import { isAboutOnly, selectedBy } from './narrow-scope.ts';
import { isLiteral } from './operation-of.ts';
import type { Proposal } from './proposal.ts';

/** Ways to take a request out of the DENY (or CUSTOM) rule that matched it, the widest exception last. */
export function proposeException(mesh: Mesh, judged: Judged): readonly Proposal[] {
  const { chain, view } = judged;
  const match = findMatch(chain.deny, view);
  if (!match) return [];
  const { policy } = match.compiled;
  const { index } = match.rule;
  const rule = policy.spec.rules?.[index] ?? {};
  const name = `${policy.namespace}/${policy.name} rules[${index}]`;
  const { peer, http, port } = view;
  const found: Proposal[] = [];
  const propose = (summary: string, rules: readonly AuthorizationRule[], size: number, limits?: string): void => {
    const said = { summary, size, perPort: chain.type !== 'http', ...(limits === undefined ? {} : { limits }) };
    found.push(withRules(policy, index, rules, said));
  };
  const path = http && withoutQuery(http.path);
  const where = isAboutOnly(mesh, policy, judged) ? '' : `, ${reachOf(mesh, policy)}`;
  if (peer && http && path !== undefined && isLiteral(path)) {
    const others = [
      withSource(rule, 'notPrincipals', peer),
      ...(isOnly(rule, 'paths', path) ? [] : [withOperation(rule, 'notPaths', path)]),
      ...(isOnly(rule, 'methods', http.method) ? [] : [withOperation(rule, 'notMethods', http.method)]),
    ];
    propose(
      `except ${peer} with ${http.method} ${path} from DENY ${name}`,
      others,
      others.length + 1,
      `this caller and operation only${where}: what has another identity, path or method is still refused by the same rule`,
    );
  }
  if (peer && chain.type === 'tcp' && !isOnly(rule, 'ports', String(port)))
    propose(
      `except ${peer} on port ${port} from DENY ${name}`,
      [withSource(rule, 'notPrincipals', peer), withOperation(rule, 'notPorts', String(port))],
      3,
      `this caller and port only${where}`,
    );
  // What HTTP conditions of a DENY come to on a TCP port is hardly ever meant.
  const widens = match.compiled.widened.some((each) => each.index === index && each.why === 'http-only');
  if (chain.type === 'tcp' && widens)
    propose(`leave TCP port ${port} out of DENY ${name}`, [withOperation(rule, 'notPorts', String(port))], 1);
  if (peer) propose(`except ${peer} from DENY ${name}`, [withSource(rule, 'notPrincipals', peer)], 1);
  if (path !== undefined && isLiteral(path))
    propose(`except ${path} from DENY ${name}`, [withOperation(rule, 'notPaths', path)], 1);
  return found;
}

const reachOf = (mesh: Mesh, policy: AuthorizationPolicy): string =>
  targetsOf(policy.spec).length > 0
    ? 'wherever the policy is attached'
    : `at all ${selectedBy(mesh, policy).length} workloads that the policy is about`;

function withRules(
  policy: AuthorizationPolicy,
  index: number,
  instead: readonly AuthorizationRule[],
  said: Pick<Proposal, 'summary' | 'size' | 'perPort' | 'limits'>,
): Proposal {
  const rules = (policy.spec.rules ?? []).flatMap((rule, at) => (at === index ? instead : [rule]));
  const spec = { ...policy.spec, rules };
  return { ...said, resource: { ...policy, spec }, change: changeSpec(policy, spec) };
}

/** The alternatives of a rule, each narrowed; a rule without any gets one. */
function withSource(rule: AuthorizationRule, field: keyof AuthorizationSource, value: string): AuthorizationRule {
  const from = rule.from?.length ? rule.from : [{}];
  return {
    from: from.map(({ source = {} }) => ({ source: { ...source, [field]: [...(source[field] ?? []), value] } })),
    ...(rule.to ? { to: rule.to } : {}),
    ...(rule.when ? { when: rule.when } : {}),
  };
}

function withOperation(rule: AuthorizationRule, field: keyof AuthorizationOperation, value: string): AuthorizationRule {
  const to = rule.to?.length ? rule.to : [{}];
  return {
    ...(rule.from ? { from: rule.from } : {}),
    to: to.map(({ operation = {} }) => ({
      operation: { ...operation, [field]: [...(operation[field] ?? []), value] },
    })),
    ...(rule.when ? { when: rule.when } : {}),
  };
}

/** A rule for one value only: everything else it does not match anyway. */
function isOnly({ to }: AuthorizationRule, field: 'paths' | 'methods' | 'ports', value: string): boolean {
  return (
    (to?.length ?? 0) > 0 &&
    (to?.every(({ operation }) => operation?.[field]?.length === 1 && operation[field][0] === value) ?? false)
  );
}
