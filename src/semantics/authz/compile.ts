import type {
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
  AuthorizationSource,
} from '../../model/istio/authorization-policy.ts';
import type { Path } from '../../model/resource.ts';
import {
  conditionField,
  type Field,
  type FieldContext,
  type FieldTest,
  isDropped,
  OPERATION_FIELDS,
  SOURCE_FIELDS,
} from './fields.ts';
import { hasChange } from '../versions.ts';
import type { TrustBundle } from './trust-domain.ts';
import { not, type Truth, type View } from './view.ts';

export type ChainType = 'http' | 'tcp';
export type PolicyAction = 'ALLOW' | 'DENY' | 'AUDIT' | 'CUSTOM';

/** One field of a rule as it is really evaluated: `values` OR-ed, negated for `not…` fields. */
export interface Clause {
  /** Inside the rule: `['from', 0, 'source', 'principals']`. */
  readonly path: Path;
  readonly field: string;
  readonly values: readonly string[];
  readonly negated: boolean;
  readonly httpOnly: boolean;
  /** How an older release reads the values: a dot is any character, or a path template a plain string. */
  readonly reads?: 'any-dots' | 'plain-paths';
  readonly needs?: 'sourceIp' | 'remoteIp' | 'destinationIp';
  readonly test: (view: View) => Truth;
}

/** (OR of `from`) and (OR of `to`) and (AND of `when`); null means no condition. Each alternative is an AND of clauses. */
export interface CompiledRule {
  readonly index: number;
  readonly from: readonly (readonly Clause[])[] | null;
  readonly to: readonly (readonly Clause[])[] | null;
  readonly when: readonly Clause[];
}

/** What istiod makes of one policy for one kind of filter chain. */
export interface CompiledPolicy {
  readonly policy: AuthorizationPolicy;
  readonly action: PolicyAction;
  readonly rules: readonly CompiledRule[];
  /** Rules that do not exist on this chain, and why. */
  readonly dropped: readonly {
    readonly index: number;
    readonly field: string;
    readonly why: 'http-only' | 'unknown-key' | 'bad-value';
  }[];
  /** Conditions that do not exist on this chain, so that the rule matches more than it says. */
  readonly widened: readonly {
    readonly index: number;
    readonly path: Path;
    readonly field: string;
    readonly why: 'http-only' | 'bad-value';
  }[];
}

export function actionOf(policy: AuthorizationPolicy): PolicyAction {
  return policy.spec.action ?? 'ALLOW';
}

/**
 * Compiles a policy for an HTTP or TCP chain. On TCP an ALLOW rule with any HTTP-only condition is dropped whole; in the other actions only
 * that condition is, and what is left of the entry matches more. Bad values behave alike.
 *
 * Source: istio pilot/pkg/security/authz/model/model.go (Generate, checkError), builder/builder.go (reference §2.3, §2.8).
 */
export function compilePolicy(
  policy: AuthorizationPolicy,
  chain: ChainType,
  bundle: TrustBundle,
  version?: string,
): CompiledPolicy {
  const key = `${chain} ${version ?? ''} ${bundle.join()}`;
  let forms = COMPILED.get(policy);
  if (!forms) {
    forms = new Map();
    COMPILED.set(policy, forms);
  }
  let compiled = forms.get(key);
  if (!compiled) {
    compiled = compile(policy, chain, bundle, version);
    forms.set(key, compiled);
  }
  return compiled;
}

/** Workloads that a policy of their namespace selects share its compiled form. */
const COMPILED = new WeakMap<AuthorizationPolicy, Map<string, CompiledPolicy>>();

function compile(
  policy: AuthorizationPolicy,
  chain: ChainType,
  bundle: TrustBundle,
  version: string | undefined,
): CompiledPolicy {
  const action = actionOf(policy);
  const context: FieldContext = { bundle, policyNamespace: policy.namespace, version };
  const rules: CompiledRule[] = [];
  const dropped: { index: number; field: string; why: 'http-only' | 'unknown-key' | 'bad-value' }[] = [];
  const widened: { index: number; path: Path; field: string; why: 'http-only' | 'bad-value' }[] = [];
  policy.spec.rules?.forEach((rule, index) => {
    const compiled = compileRule(rule, index, { chain, isAllow: action === 'ALLOW', context });
    if ('dropped' in compiled) dropped.push({ index, ...compiled.dropped });
    else {
      rules.push(compiled.rule);
      widened.push(...compiled.widened.map((entry) => ({ index, ...entry })));
    }
  });
  return { policy, action, rules, dropped, widened };
}

interface RuleContext {
  readonly chain: ChainType;
  readonly isAllow: boolean;
  readonly context: FieldContext;
}

type Drop = { readonly field: string; readonly why: 'http-only' | 'unknown-key' | 'bad-value' };

type Widened = { path: Path; field: string; why: 'http-only' | 'bad-value' };
type RuleOutcome = { readonly rule: CompiledRule; readonly widened: readonly Widened[] } | { readonly dropped: Drop };

function compileRule(rule: AuthorizationRule, index: number, options: RuleContext): RuleOutcome {
  const widened: Widened[] = [];
  // Set by the first condition that takes the whole rule with it; what is compiled after that is thrown away.
  let dropped: Drop | undefined;
  const drop = (field: string, why: Drop['why']): undefined => {
    dropped ??= { field, why };
  };
  const clauseOf = (
    field: Field,
    name: string,
    values: readonly string[],
    negated: boolean,
    path: Path,
  ): Clause | undefined => {
    if (values.length === 0) return undefined;
    if (path[0] === 'from' && isDropped(positiveName(name), options.context.version)) return undefined;
    if (field.httpOnly && options.chain === 'tcp') {
      if (options.isAllow) return drop(name, 'http-only');
      widened.push({ path, field: name, why: 'http-only' });
      return undefined;
    }
    const tests: FieldTest[] = [];
    for (const value of values) {
      const test = field.compile(value, options.context);
      if (test) tests.push(test);
      else if (options.isAllow) return drop(name, 'bad-value');
    }
    if (tests.length === 0) {
      widened.push({ path, field: name, why: 'bad-value' });
      return undefined;
    }
    const some = orOf(tests);
    return {
      path,
      field: name,
      values: /serviceAccounts?$/i.test(name) ? values.map((value) => qualified(value, options.context)) : values,
      negated,
      httpOnly: field.httpOnly,
      ...readingOf(field, options.context.version),
      ...(field.needs ? { needs: field.needs } : {}),
      test: negated ? (view) => not(some(view)) : some,
    };
  };
  const from = rule.from?.map((entry, i) => fieldClauses(SOURCE, entry.source ?? {}, ['from', i, 'source'], clauseOf));
  const to = rule.to?.map((entry, i) =>
    fieldClauses(OPERATION, entry.operation ?? {}, ['to', i, 'operation'], clauseOf),
  );
  const when = (rule.when ?? []).flatMap((condition, i) =>
    conditionClauses(condition, i, { options, widened, clauseOf, drop }),
  );
  if (dropped) return { dropped };
  return { rule: { index, from: from?.length ? from : null, to: to?.length ? to : null, when }, widened };
}

type ClauseOf = (
  field: Field,
  name: string,
  values: readonly string[],
  negated: boolean,
  path: Path,
) => Clause | undefined;

function fieldClauses(
  fields: readonly NamedField[],
  written: AuthorizationSource | AuthorizationOperation,
  path: Path,
  clauseOf: ClauseOf,
): readonly Clause[] {
  const clauses: Clause[] = [];
  const lists = written as Readonly<Record<string, readonly string[] | undefined>>;
  for (const { name, field, negated } of fields) {
    const values = lists[name];
    const clause = values && clauseOf(field, name, values, negated, [...path, name]);
    if (clause) clauses.push(clause);
  }
  return clauses;
}

interface NamedField {
  readonly name: string;
  readonly field: Field;
  readonly negated: boolean;
}

/** Every field, followed by its `not…`. */
function withNegations(fields: Readonly<Record<string, Field>>): readonly NamedField[] {
  return Object.entries(fields).flatMap(([name, field]) => [
    { name, field, negated: false },
    { name: `not${name.charAt(0).toUpperCase()}${name.slice(1)}`, field, negated: true },
  ]);
}

function readingOf({ young }: Field, version: string | undefined): Pick<Clause, 'reads'> {
  return young && !hasChange(young.since, version) ? { reads: young.before } : {};
}

/** `serviceAccounts` of `notServiceAccounts`. */
const positiveName = (name: string): string =>
  name.startsWith('not') ? name.charAt(3).toLowerCase() + name.slice(4) : name;

const SOURCE = withNegations(SOURCE_FIELDS);
const OPERATION = withNegations(OPERATION_FIELDS);

interface Compiling {
  readonly options: RuleContext;
  readonly widened: Widened[];
  readonly clauseOf: ClauseOf;
  readonly drop: (field: string, why: Drop['why']) => undefined;
}

function conditionClauses(
  condition: AuthorizationCondition,
  i: number,
  { options, widened, clauseOf, drop }: Compiling,
): readonly Clause[] {
  const key = condition.key ?? '';
  const field = conditionField(key, options.context.version);
  if (field === 'unknown') {
    drop(key, 'unknown-key');
    return [];
  }
  if (field === 'malformed') {
    if (options.isAllow) drop(key, 'bad-value');
    else widened.push({ path: ['when', i, 'key'], field: key, why: 'bad-value' });
    return [];
  }
  const positive = clauseOf(field, key, condition.values ?? [], false, ['when', i, 'values']);
  const negative = clauseOf(field, key, condition.notValues ?? [], true, ['when', i, 'notValues']);
  return [positive, negative].filter((clause) => clause !== undefined);
}

/** A short service account means the policy's own namespace; whoever reads the clause later does not know that one. */
const qualified = (value: string, { policyNamespace }: FieldContext): string =>
  value.includes('/') ? value : `${policyNamespace}/${value}`;

function orOf(tests: readonly FieldTest[]): FieldTest {
  const [only] = tests;
  if (tests.length === 1 && only) return only;
  return (view) => {
    let result: Truth = false;
    for (const test of tests) {
      const value = test(view);
      if (value === true) return true;
      if (value === undefined) result = undefined;
    }
    return result;
  };
}
