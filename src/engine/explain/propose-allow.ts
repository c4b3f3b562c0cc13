import type { AuthorizationPolicy, AuthorizationRule } from '../../model/istio/authorization-policy.ts';
import type { Mesh } from '../../model/inventory/types.ts';
import { changeSpec } from '../../rules/changes.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import { proposedResource } from '../../rules/proposed.ts';
import type { Clause, CompiledPolicy, CompiledRule } from '../../semantics/authz/compile.ts';
import { withoutQuery } from '../../semantics/http/normalize-path.ts';
import type { Judged } from '../../semantics/judged.ts';
import { dimensionOf } from './clause-dimension.ts';
import { freeName } from '../../rules/free-name.ts';
import { isAboutOnly, scopeOf } from './narrow-scope.ts';
import { type ExactRule, exactRule, isLiteral } from './operation-of.ts';
import type { Proposal } from './proposal.ts';

const MOST_RULES = 12;

/** Ways to let in what no ALLOW rule matched: a value more in a rule that came near, or a rule for just this. */
export function proposeAllow(mesh: Mesh, judged: Judged, holders: number): readonly Proposal[] {
  const rules = judged.chain.allow
    .flatMap((compiled) => compiled.rules.map((rule) => ({ compiled, rule })))
    .slice(0, MOST_RULES);
  return [...rules.flatMap(({ compiled, rule }) => widened(judged, compiled, rule)), ...ruleFor(mesh, judged, holders)];
}

/** What a rule's token clauses ask for is not given up by a new rule beside it. */
function tokenClauses({ chain }: Judged): readonly string[] {
  const [first] = chain.allow
    .flatMap(({ rules }) => rules.flatMap(({ from }) => from ?? []).flat())
    .filter(({ field, negated }) => field === 'requestPrincipals' && !negated);
  return first?.values ?? [];
}

/** The clauses that failed, each with the request's own value in it. */
function widened({ view, chain }: Judged, { policy }: CompiledPolicy, rule: CompiledRule): readonly Proposal[] {
  const found: Proposal[] = [];
  for (const from of rule.from ?? [[]]) {
    for (const to of rule.to ?? [[]]) {
      const clauses = [...from, ...to, ...rule.when];
      const failing = clauses.filter((clause) => clause.test(view) === false);
      const values = failing.map((clause) => ({ clause, value: valueFor(clause, view) }));
      if (failing.length === 0 || values.some(({ value }) => value === undefined)) continue;
      const edits = values.map(({ clause, value = '' }) => ({ clause, value }));
      const spec = edits.reduce(
        (before, { clause, value }) => withValue(before, ['rules', rule.index, ...clause.path], value),
        policy.spec,
      );
      const resource: AuthorizationPolicy = { ...policy, spec };
      const added = edits.map(({ clause, value }) => `\`${value}\` to ${clause.field}`).join(', ');
      found.push({
        summary: `add ${added} of ${policy.namespace}/${policy.name} rules[${rule.index}]`,
        resource,
        change: changeSpec(policy, spec),
        size: edits.length,
        perPort: chain.type !== 'http',
      });
    }
  }
  return found;
}

/** What the request has, as the clause would have to name it; undefined: it has nothing, or it cannot be named. */
function valueFor(clause: Clause, view: Judged['view']): string | undefined {
  if (clause.negated) return undefined;
  const { http, peer } = view;
  const [, , namespace, , account] = peer?.split('/') ?? [];
  switch (dimensionOf(clause)) {
    case 'method':
      return http?.method;
    case 'path':
      return http && isLiteral(withoutQuery(http.path)) ? withoutQuery(http.path) : undefined;
    case 'host':
      return http && isLiteral(http.authority) ? http.authority : undefined;
    case 'port':
      return String(view.port);
    case 'sni':
      return view.sni || undefined;
    case 'address':
      return addressFor(clause, view);
    case 'identity':
      if (/namespace/i.test(clause.field)) return namespace;
      if (/serviceAccount/i.test(clause.field)) return namespace && account && `${namespace}/${account}`;
      return /principal/i.test(clause.field) ? (peer ?? undefined) : undefined;
    default:
      return undefined;
  }
}

function addressFor({ field }: Clause, { sourceIp, remoteIp }: Judged['view']): string | undefined {
  return field.startsWith('remote') ? remoteIp : sourceIp;
}

type Tree = Readonly<Record<string, unknown>> | readonly unknown[];

/** The same with one value more in the list at a path; nothing else is copied. */
function withValue<T>(tree: T, [step, ...rest]: readonly (string | number)[], value: string): T {
  if (step === undefined) return [...(tree as unknown as readonly unknown[]), value] as T;
  const inner = (tree as Readonly<Record<string | number, unknown>>)[step];
  const changed = withValue(inner, rest, value);
  const copy: Tree = Array.isArray(tree)
    ? tree.map((each, index) => (index === step ? changed : each))
    : { ...(tree as Readonly<Record<string, unknown>>), [step]: changed };
  return copy as T;
}

/** A rule for this caller and operation, in a policy that is about nothing else. */
function ruleFor(mesh: Mesh, judged: Judged, holders: number): readonly Proposal[] {
  const exact = exactRule(judged);
  const tokens = judged.chain.type === 'http' ? tokenClauses(judged) : [];
  const source = { ...exact.source, ...(tokens.length > 0 ? { requestPrincipals: [...tokens] } : {}) };
  const rule: AuthorizationRule = {
    ...(Object.keys(source).length > 0 ? { from: [{ source }] } : {}),
    to: [{ operation: exact.operation }],
  };
  const limits = limitsOf(judged, exact, holders);
  const what = `${exact.source ? (exact.source.principals?.[0] ?? '') : 'every caller'}: ${exact.text}`;
  const own = judged.chain.allow.map(({ policy }) => policy).find((policy) => isAboutOnly(mesh, policy, judged));
  if (own) {
    const spec = { ...own.spec, rules: [...(own.spec.rules ?? []), rule] };
    return [
      {
        summary: `add a rule to ${own.namespace}/${own.name} for ${what}`,
        resource: { ...own, spec },
        change: changeSpec(own, spec),
        size: 3,
        perPort: judged.chain.type !== 'http',
        ...(limits === undefined ? {} : { limits }),
      },
    ];
  }
  const scope = scopeOf(mesh, judged);
  if (!scope) return [];
  const { cluster } = judged.workload;
  const { namespace } = scope;
  const wanted = `allow-${judged.view.peer?.split('/').at(-1) ?? 'anyone'}-to-${scope.name}`.slice(0, 60);
  const manifest: Manifest = {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: freeName(mesh.resources, 'AuthorizationPolicy', { cluster, namespace }, wanted), namespace },
    spec: { ...scope.spec, action: 'ALLOW', rules: [rule] },
  };
  const beside = judged.chain.allow[0]?.policy ?? judged.workload.resource;
  return [
    {
      summary: `a new ALLOW policy for ${scope.namespace}/${scope.name} that admits ${what}`,
      resource: proposedResource(manifest, judged.workload.cluster),
      change: { kind: 'add', manifest, beside },
      size: 4,
      perPort: judged.chain.type !== 'http',
      ...(limits === undefined ? {} : { limits }),
    },
  ];
}

function limitsOf({ chain }: Judged, { source, exact }: ExactRule, holders: number): string | undefined {
  if (!source || !exact) return undefined;
  const operation = chain.type === 'http' ? 'operation (any host, header and query)' : 'port';
  const who = holders > 1 ? `this identity (${holders} workloads have it)` : 'this caller';
  return `${who} and ${operation} only`;
}
