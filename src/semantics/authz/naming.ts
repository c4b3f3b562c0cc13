import type { AuthorizationPolicy, AuthorizationRule } from '../../model/istio/authorization-policy.ts';
import type { Principal } from '../../model/inventory/types.ts';
import { strangerOf } from '../stranger.ts';
import { isDryRun } from './dry-run.ts';
import type { TrustBundle } from './trust-domain.ts';

/** Policies with the principals that they name taken out: policies of one shape differ in nothing but these. */
export interface Naming {
  readonly shape: string;
  /** Sorted. Whatever is found out about one list of policies holds for another of its shape, name by name. */
  readonly names: readonly Principal[];
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
  const names = new Names(trustDomain);
  const shapes = policies.map((policy) => shapeOf(policy, names));
  if (names.isTold && names.size > 0) return undefined;
  const { sorted, order } = names;
  return { shape: JSON.stringify([shapes, order]), names: sorted };
}

class Names {
  /** Something else looks at identities than their names. */
  isTold = false;
  readonly #start: string;
  readonly #stranger: Principal;
  readonly #numbers = new Map<Principal, number>();

  constructor(trustDomain: string) {
    this.#start = `${trustDomain}/`;
    this.#stranger = strangerOf(trustDomain);
  }

  get size(): number {
    return this.#numbers.size;
  }

  get sorted(): readonly Principal[] {
    return [...this.#numbers.keys()].sort();
  }

  /** Which of the sorted ones was met first, second, …. */
  get order(): readonly number[] {
    const ranks = new Map(this.sorted.map((name, rank) => [name, rank]));
    return [...this.#numbers.keys()].map((name) => ranks.get(name) ?? -1);
  }

  /** What stands for a principal: its number by first mention. `*` is alike to all of them. */
  readonly take = (written: string): number | string => {
    if (written === '*') return written;
    if (!written.startsWith(this.#start) || written === this.#stranger || !PLAIN.test(written)) {
      this.isTold = true;
      return written;
    }
    const name = written as Principal;
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#numbers.size);
    return this.#numbers.size - 1;
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
