import type { Principal } from '../../model/inventory/types.ts';
import type { PolicyChain } from './chain.ts';
import type { Clause, CompiledRule } from './compile.ts';
import type { View } from './view.ts';

/** Which callers that no policy names some ALLOW rule may let in, as far as its conditions on identity go. */
export interface AdmitsUnnamed {
  readonly anonymous: boolean;
  readonly stranger: boolean;
}

const IDENTITY = new Set([
  'principals',
  'notPrincipals',
  'namespaces',
  'notNamespaces',
  'serviceAccounts',
  'notServiceAccounts',
  'trustDomains',
  'notTrustDomains',
  'source.principal',
  'source.namespace',
  'source.serviceAccount',
  'source.trustDomain',
]);
const KNOWN = new WeakMap<PolicyChain, AdmitsUnnamed>();

/**
 * A cheap answer to most questions about callers without a name: where every ALLOW rule asks for identities that they do not have, nothing
 * else of a request matters. True says nothing; false is certain.
 */
export function admitsUnnamed(chain: PolicyChain, stranger: Principal): AdmitsUnnamed {
  let known = KNOWN.get(chain);
  if (!known) {
    const admits = (peer: Principal | null): boolean => {
      const view: View = {
        peer,
        sourceIp: undefined,
        remoteIp: undefined,
        destinationIp: undefined,
        port: 0,
        sni: '',
        claims: undefined,
      };
      return chain.allow.length === 0 || chain.allow.some(({ rules }) => rules.some((rule) => mayMatch(rule, view)));
    };
    known = { anonymous: admits(null), stranger: admits(stranger) };
    KNOWN.set(chain, known);
  }
  return known;
}

function mayMatch({ from, when }: CompiledRule, view: View): boolean {
  const passes = (clause: Clause): boolean => !IDENTITY.has(clause.field) || clause.test(view) !== false;
  return when.every(passes) && (from === null || from.some((clauses) => clauses.every(passes)));
}
