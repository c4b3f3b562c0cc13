import { byOf } from '../../model/by.ts';
import type { AuthorizationPolicy, AuthorizationRule } from '../../model/istio/authorization-policy.ts';
import type { PeerAuthentication } from '../../model/istio/peer-authentication.ts';
import type { NetworkPolicy } from '../../model/k8s/network-policy.ts';
import type { Path, Resource } from '../../model/resource.ts';
import type { Resources } from '../../model/resources.ts';
import type { By } from '../../result/location.ts';
import type { Mutant, Operator } from './mutant.ts';

export interface Mutants {
  readonly mutants: readonly Mutant[];
  /** Policies that change no verdict's word whatever is done to them, and why. */
  readonly skipped: readonly { readonly by: By; readonly why: string }[];
}

/** Every fault that is tried, one object after the other in the order of the input. */
export function mutantsOf(resources: Resources): Mutants {
  const skipped: { by: By; why: string }[] = [];
  const authorization = resources.of('AuthorizationPolicy').flatMap((policy) => {
    const why = whySkipped(policy);
    if (why === undefined) return ofAuthorization(policy);
    skipped.push({ by: byOf(policy), why });
    return [];
  });
  const mutants = [
    ...authorization,
    ...resources.of('PeerAuthentication').flatMap(ofPeerAuthentication),
    ...resources.of('RequestAuthentication').map((policy) => deletion(policy)),
    ...resources.of('NetworkPolicy').flatMap(ofNetworkPolicy),
  ];
  return { mutants, skipped };
}

function whySkipped({ spec, annotations }: AuthorizationPolicy): string | undefined {
  if (annotations['istio.io/dry-run'] === 'true') return 'a dry run decides nothing';
  if (spec.action === 'AUDIT') return 'AUDIT decides nothing';
  if (spec.action === 'CUSTOM') return 'what CUSTOM asks for is the word of an external authorizer';
  return undefined;
}

function ofAuthorization(policy: AuthorizationPolicy): readonly Mutant[] {
  const { rules = [], action = 'ALLOW' } = policy.spec;
  const withRules = (changed: readonly AuthorizationRule[]): Resource => ({
    ...policy,
    spec: { ...policy.spec, rules: changed },
  });
  // A DENY that matches nothing is as good as none; an ALLOW that matches nothing refuses everything.
  const single = rules.length === 1 && action === 'DENY';
  const dropped = (index: number, clause: string, path: Path, changed: AuthorizationRule): Mutant =>
    mutant(policy, 'drop-clause', `drop ${clause} of rule ${index}`, {
      by: byOf(policy, { rule: index, clause, path }),
      after: withRules(rules.with(index, changed)),
    });
  return [
    deletion(policy),
    ...rules.flatMap((rule, index): readonly Mutant[] => {
      const at: Path = ['spec', 'rules', index];
      const { from = [], to = [], when = [] } = rule;
      const { from: _from, ...anybody } = rule;
      const { to: _to, ...anything } = rule;
      return [
        ...(single
          ? []
          : [
              mutant(policy, 'delete-rule', `delete rule ${index}`, {
                by: byOf(policy, { rule: index, path: at }),
                after: withRules(rules.toSpliced(index, 1)),
              }),
            ]),
        ...(from.length > 0 ? [dropped(index, 'from', [...at, 'from'], anybody)] : []),
        ...(to.length > 0 ? [dropped(index, 'to', [...at, 'to'], anything)] : []),
        ...when.map((_, i) =>
          dropped(index, `when[${i}]`, [...at, 'when', i], { ...rule, when: when.toSpliced(i, 1) }),
        ),
      ];
    }),
  ];
}

function ofPeerAuthentication(policy: PeerAuthentication): readonly Mutant[] {
  const { mtls, portLevelMtls = {} } = policy.spec;
  const permissive = (path: Path, spec: PeerAuthentication['spec'], where = ''): Mutant =>
    mutant(policy, 'make-permissive', `STRICT → PERMISSIVE${where}`, {
      by: byOf(policy, { path }),
      after: { ...policy, spec },
    });
  const loose = { mode: 'PERMISSIVE' } as const;
  return [
    ...(mtls?.mode === 'STRICT' ? [permissive(['spec', 'mtls', 'mode'], { ...policy.spec, mtls: loose })] : []),
    ...Object.entries(portLevelMtls).flatMap(([port, { mode }]) =>
      mode === 'STRICT'
        ? [
            permissive(
              ['spec', 'portLevelMtls', port, 'mode'],
              { ...policy.spec, portLevelMtls: { ...portLevelMtls, [port]: loose } },
              ` on port ${port}`,
            ),
          ]
        : [],
    ),
  ];
}

function ofNetworkPolicy(policy: NetworkPolicy): readonly Mutant[] {
  const ofDirection = (direction: 'ingress' | 'egress'): readonly Mutant[] =>
    (policy.spec[direction] ?? []).map((_, index, rules: readonly unknown[]) =>
      mutant(policy, 'delete-rule', `delete ${direction} rule ${index}`, {
        by: byOf(policy, { rule: index, clause: direction, path: ['spec', direction, index] }),
        after: { ...policy, spec: { ...policy.spec, [direction]: rules.toSpliced(index, 1) } },
      }),
    );
  return [deletion(policy), ...ofDirection('ingress'), ...ofDirection('egress')];
}

const deletion = (resource: Resource): Mutant => ({
  what: 'delete it',
  operator: 'delete-policy',
  resource,
  by: byOf(resource),
  change: { remove: [resource] },
});

const mutant = (
  resource: Resource,
  operator: Operator,
  what: string,
  { by, after }: { readonly by: By; readonly after: Resource },
): Mutant => ({ what, operator, resource, by, change: { add: [after] } });
