import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { ExtensionProvider } from '../../model/mesh-config.ts';
import { type ChainType, type CompiledPolicy, compilePolicy } from './compile.ts';
import { isDryRun } from './dry-run.ts';
import { hasChange } from '../versions.ts';
import type { TrustBundle } from './trust-domain.ts';

/** What CUSTOM comes to on one chain. */
export interface CustomPolicies {
  readonly policies: readonly CompiledPolicy[];
  /** `ask`: the provider decides. `refuse`: matching requests are refused (no such provider, or two of them). */
  readonly effect: 'ask' | 'refuse';
  readonly provider: string;
  readonly why: string;
}

/** The policies of one enforcement point as one kind of filter chain holds them, pooled by action. */
export interface PolicyChain {
  readonly type: ChainType;
  readonly custom: readonly CustomPolicies[];
  readonly audit: readonly CompiledPolicy[];
  readonly deny: readonly CompiledPolicy[];
  readonly allow: readonly CompiledPolicy[];
}

/**
 * Pools attached policies. Dry-run ones shadow and decide nothing. A CUSTOM policy whose provider is unknown refuses what matches it; two
 * providers at one workload refuse what matches either; an HTTP provider does nothing on TCP.
 *
 * Source: istio pilot/pkg/security/authz/builder/builder.go, extauthz.go (reference §2.1, §14).
 */
export function buildChain(
  attached: readonly AuthorizationPolicy[],
  type: ChainType,
  bundle: TrustBundle,
  providers: readonly ExtensionProvider[],
  version?: string,
): PolicyChain {
  const compiled = attached
    .filter((policy) => !isDryRun(policy))
    .map((policy) => compilePolicy(policy, type, bundle, version));
  const of = (action: CompiledPolicy['action']): readonly CompiledPolicy[] =>
    compiled.filter((entry) => entry.action === action);
  const shadowed = attached
    .filter((policy) => policy.spec.action === 'CUSTOM' && isDryRun(policy) && hasChange('dry-run-custom', version))
    .map((policy) => compilePolicy(policy, type, bundle, version));
  return {
    type,
    custom: [
      ...customPolicies(of('CUSTOM'), type, providers, hasChange('provider-names', version)),
      ...dryRunCustom(shadowed, type, providers),
    ],
    audit: of('AUDIT'),
    deny: of('DENY'),
    allow: of('ALLOW'),
  };
}

/**
 * The webhook refuses dry-run CUSTOM. Where one got in, its rules stand among the enforced ones since Istio 1.30 and refuse what matches
 * (recorded; reference §2.11).
 */
function dryRunCustom(
  policies: readonly CompiledPolicy[],
  type: ChainType,
  providers: readonly ExtensionProvider[],
): readonly CustomPolicies[] {
  return policies.flatMap((compiled): CustomPolicies[] => {
    const name = compiled.policy.spec.provider?.name ?? '';
    const kind = providers.find((candidate) => candidate.name === name)?.kind;
    if (type === 'tcp' && kind === 'ext-authz-http') return [];
    return [
      {
        policies: [compiled],
        effect: 'refuse',
        provider: name,
        why: 'a dry-run CUSTOM policy refuses what matches it, since Istio 1.30',
      },
    ];
  });
}

const PROVIDER_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function customPolicies(
  policies: readonly CompiledPolicy[],
  type: ChainType,
  providers: readonly ExtensionProvider[],
  checksNames: boolean,
): readonly CustomPolicies[] {
  const byName = new Map<string, CompiledPolicy[]>();
  for (const policy of policies) {
    const name = policy.policy.spec.provider?.name ?? '';
    byName.set(name, [...(byName.get(name) ?? []), policy]);
  }
  if (byName.size > 1) {
    const names = [...byName.keys()].sort().join('`, `');
    const why = `two external authorizers at one workload (\`${names}\`) refuse whatever matches either`;
    return [{ policies, effect: 'refuse', provider: names, why }];
  }
  return [...byName].flatMap(([name, list]): CustomPolicies[] => {
    const provider = providers.find((candidate) => candidate.name === name);
    const refuse = (why: string): CustomPolicies[] => [{ policies: list, effect: 'refuse', provider: name, why }];
    if (!provider)
      return refuse(`the mesh config defines no extension provider \`${name}\`, so what matches is refused`);
    if (provider.kind === 'other')
      return refuse(`extension provider \`${name}\` is no external authorizer, so what matches is refused`);
    // Names are checked since Istio 1.30 (reference §2.1).
    if (checksNames && !PROVIDER_NAME.test(name))
      return refuse(`\`${name}\` is no valid provider name since Istio 1.30, so what matches is refused`);
    if (type === 'tcp' && provider.kind === 'ext-authz-http') return [];
    const why = provider.failOpen
      ? `external authorizer \`${name}\` must approve (it fails open: when it cannot be reached, requests pass)`
      : `external authorizer \`${name}\` must approve`;
    return [{ policies: list, effect: 'ask', provider: name, why }];
  });
}
