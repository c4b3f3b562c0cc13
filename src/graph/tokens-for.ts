import type { Workload } from '../model/inventory/types.ts';
import type { Claims } from '../semantics/authz/claims.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { samplesOf } from '../semantics/sample.ts';

/** Tokens, one per issuer, that the proxies of `checking` take, with the claims that the ALLOW policies of `asking` ask for. */
export function tokensFor(
  enforcement: Enforcement,
  checking: readonly Workload[],
  asking: readonly Workload[],
): readonly Claims[] {
  const proxies = (workloads: readonly Workload[]): readonly ReturnType<Enforcement['envoy']>[] =>
    workloads.flatMap((workload) => (workload.dataPlane.kind === 'none' ? [] : [enforcement.envoy(workload)]));
  const rules = proxies(checking).flatMap(({ providers }) => providers.map(({ rule }) => rule));
  if (rules.length === 0) return [];
  const samples = proxies(asking).flatMap(({ http }) =>
    http.allow.flatMap((policy) => policy.rules.flatMap(samplesOf)),
  );
  const asked: Claims = Object.assign({}, ...samples.map(({ claims }) => claims ?? {}));
  return rules.map((rule): Claims => {
    const audience = rule.audiences?.[0];
    return {
      sub: 'any-subject',
      ...asked,
      iss: rule.issuer ?? 'any-issuer',
      ...(audience === undefined ? {} : { aud: audience }),
    };
  });
}
