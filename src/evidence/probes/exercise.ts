import type { Query } from '../../semantics/query.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import type { DriftKind, PortEvidence, Proof } from '../evidence.ts';
import { stopOf } from './compare-answer.ts';

/** A request that one port answered, as the configuration says or otherwise. */
export interface Exercised {
  readonly answer: 'allowed' | 'denied';
  readonly by?: 'policy' | 'token' | 'connection';
  readonly query: Query;
  readonly verdict: Verdict;
  readonly contradiction?: { readonly kind: DriftKind; readonly what: string };
}

/** What a port's answers prove: where one was allowed and one denied, both as configured, it was exercised both ways (method.md, Evidence). */
export function exercise(before: PortEvidence, requests: readonly Exercised[], where: string): PortEvidence {
  const agreeing = requests.filter(({ contradiction }) => !contradiction);
  const allowed = agreeing.filter(({ answer }) => answer === 'allowed');
  const denied = agreeing.filter(({ answer }) => answer === 'denied');
  const contradictions = requests.flatMap(({ contradiction }) => contradiction ?? []);
  // A connection that ends where STRICT asks for a certificate shows mutual TLS; one that ends elsewhere, what a policy does.
  const unproven = denied.filter(({ by, verdict }) => by === 'connection' && stopOf(verdict) === 'transport');
  const policies = denied.filter((each) => !unproven.includes(each));
  const withIdentity = allowed.filter(({ query }) => query.source.identity !== null);
  const contradicting = (...kinds: readonly string[]) => contradictions.find(({ kind }) => kinds.includes(kind))?.what;
  const proofOf = (proof: Proof, contradicted: string | undefined, passed: number, refused: number): Proof => {
    if (proof.state === 'contradicted') return proof;
    if (contradicted !== undefined) return { state: 'contradicted', why: contradicted };
    if (passed === 0 || refused === 0) return proof;
    const why = `exercised both ways${where}: ${passed} allowed, ${refused} denied`;
    return { state: 'verified', why: proof.state === 'verified' ? `${proof.why}; ${why}` : why, exercised: true };
  };
  return {
    ...before,
    mtls: proofOf(before.mtls, contradicting('mutual-tls'), withIdentity.length, unproven.length),
    authorization: proofOf(before.authorization, contradicting('policies', 'tokens'), allowed.length, policies.length),
  };
}
