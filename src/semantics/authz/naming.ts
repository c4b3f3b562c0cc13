import type { AuthorizationPolicy, AuthorizationRule } from '../../model/istio/authorization-policy.ts';
import type { Principal } from '../../model/inventory/types.ts';
import { strangerOf } from '../stranger.ts';
import { isDryRun } from './dry-run.ts';
import type { TrustBundle } from './trust-domain.ts';

/** Policies with the principals that they name taken out: policies of one shape differ in nothing but these. */
export interface Naming {
  readonly shape: string;
  /** By first mention. Whatever is found out about one list of policies holds for another of its shape, name by name. */
  readonly names: readonly Principal[];
  /** Whether some rule looks at the port, or the address, that a request is sent to. */
  readonly reads: { readonly port: boolean; readonly address: boolean };
}

/** Principals that no rule of syntax tells apart: exactly one identity of the mesh each. */
const PLAIN = /^[a-z0-9.-]+\/ns\/[a-z0-9]([-a-z0-9]*[a-z0-9])?\/sa\/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;

/**
 * Undefined where something else than its name may tell one principal from another: patterns, namespaces, several trust domains. Most
 * workloads of a large mesh are let in by a policy that is like many others but for the callers it names.
 */
export function namingOf(policies: readonly AuthorizationPolicy[], bundle: TrustBundle): Naming | undefined {
  const [trustDomain] = bundle;
  if (bundle.length !== 1 || trustDomain === undefined) return undefined;
  const patterns = policies.map((policy) => patternOf(policy, trustDomain));
  // Across the policies: which of them name the same.
  const numbers = new Map<Principal, number>();
  let shape = '';
  for (const { text, names } of patterns) {
    shape += `${text} `;
    for (const name of names) {
      const known = numbers.get(name) ?? numbers.size;
      numbers.set(name, known);
      shape += `${known},`;
    }
  }
  if (numbers.size > 0 && patterns.some(({ isTold }) => isTold)) return undefined;
  const reads = {
    port: patterns.some(({ readsPort }) => readsPort),
    address: patterns.some(({ readsAddress }) => readsAddress),
  };
  return { shape, names: [...numbers.keys()], reads };
}

/** One policy with numbers in place of names. */
interface Pattern {
  readonly trustDomain: string;
  readonly text: string;
  /** By first mention. */
  readonly names: readonly Principal[];
  /** Something else looks at identities than their names. */
  readonly isTold: boolean;
  readonly readsPort: boolean;
  readonly readsAddress: boolean;
}

/** Policies of a namespace stand in the list of each of its workloads. */
const PATTERNS = new WeakMap<AuthorizationPolicy, Pattern>();

function patternOf(policy: AuthorizationPolicy, trustDomain: string): Pattern {
  let pattern = PATTERNS.get(policy);
  if (pattern?.trustDomain !== trustDomain) {
    const names = new Names(trustDomain);
    const text = JSON.stringify(shapeOf(policy, names));
    pattern = {
      trustDomain,
      text,
      names: names.list,
      isTold: names.isTold,
      ...readsOf(policy),
    };
    PATTERNS.set(policy, pattern);
  }
  return pattern;
}

function readsOf({ spec }: AuthorizationPolicy): Pick<Pattern, 'readsPort' | 'readsAddress'> {
  let [readsPort, readsAddress] = [false, false];
  for (const { to, when } of spec.rules ?? []) {
    for (const { operation } of to ?? [])
      if (operation?.ports !== undefined || operation?.notPorts !== undefined) readsPort = true;
    for (const { key } of when ?? []) {
      if (key === 'destination.port') readsPort = true;
      if (key === 'destination.ip') readsAddress = true;
    }
  }
  return { readsPort, readsAddress };
}

class Names {
  isTold = false;
  readonly #numbers = new Map<Principal, number>();
  readonly #start: string;
  readonly #stranger: Principal;

  constructor(trustDomain: string) {
    this.#start = `${trustDomain}/`;
    this.#stranger = strangerOf(trustDomain);
  }

  get list(): readonly Principal[] {
    return [...this.#numbers.keys()];
  }

  /** What stands for a principal: its number by first mention. `*` is alike to all of them. */
  readonly take = (written: string): number | string => {
    if (written === '*') return written;
    if (!written.startsWith(this.#start) || written === this.#stranger || !PLAIN.test(written)) {
      this.isTold = true;
      return written;
    }
    const name = written as Principal;
    const known = this.#numbers.get(name) ?? this.#numbers.size;
    this.#numbers.set(name, known);
    return known;
  };
}

function shapeOf({ annotations, namespace, spec }: AuthorizationPolicy, names: Names): unknown {
  const { action, provider, rules } = spec;
  return [action, provider?.name, isDryRun({ annotations }), rules?.map((rule) => shapeOfRule(rule, namespace, names))];
}

function shapeOfRule({ from, to, when }: AuthorizationRule, namespace: string, names: Names): unknown {
  const isTold =
    when?.some(({ key }) => key?.startsWith('source.') && key !== 'source.ip') || from?.some(tellsIdentities);
  if (isTold) names.isTold = true;
  const sources = from?.map(({ source: { principals, notPrincipals, ...rest } = {} }) => [
    principals?.map(names.take),
    notPrincipals?.map(names.take),
    rest,
  ]);
  // A short service account means the policy's own namespace.
  return [sources, to, when, isTold ? namespace : ''];
}

const TELLING = [
  'namespaces',
  'serviceAccounts',
  'trustDomains',
  'notNamespaces',
  'notServiceAccounts',
  'notTrustDomains',
] as const;

const tellsIdentities = ({ source }: NonNullable<AuthorizationRule['from']>[number]): boolean =>
  source !== undefined && TELLING.some((field) => source[field] !== undefined);
