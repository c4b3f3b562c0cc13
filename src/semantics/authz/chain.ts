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
  const enforced = attached
    .filter((policy) => !isDryRun(policy))
    .map((policy) => compilePolicy(policy, type, bundle, version));
  const of = (action: CompiledPolicy['action']): readonly CompiledPolicy[] =>
    enforced.filter((entry) => entry.action === action);
  const shadowed = attached
    .filter((policy) => policy.spec.action === 'CUSTOM' && isDryRun(policy) && hasChange('dry-run-custom', version))
    .map((policy) => compilePolicy(policy, type, bundle, version));
  return {
    type,
    custom: customPolicies({ enforced: of('CUSTOM'), shadowed }, type, providers, hasChange('provider-names', version)),
    audit: of('AUDIT'),
    deny: of('DENY'),
    allow: of('ALLOW'),
  };
}

interface CustomPool {
  readonly enforced: readonly CompiledPolicy[];
  /** Dry-run: refused by the webhook, and recorded for where one got in. */
  readonly shadowed: readonly CompiledPolicy[];
}

const providerOf = ({ policy }: CompiledPolicy): string => policy.spec.provider?.name ?? '';

function customPolicies(
  { enforced, shadowed }: CustomPool,
  type: ChainType,
  providers: readonly ExtensionProvider[],
  checksNames: boolean,
): readonly CustomPolicies[] {
  const names = [...new Set([...enforced, ...shadowed].map(providerOf))];
  const [name] = names;
  if (name === undefined) return [];
  const refuse = (policies: readonly CompiledPolicy[], provider: string, why: string): CustomPolicies[] =>
    policies.length === 0 ? [] : [{ policies, effect: 'refuse', provider, why }];
  if (names.length > 1) {
    const list = names.sort().join('`, `');
    return refuse(
      enforced,
      list,
      `two external authorizers at one workload (\`${list}\`) refuse whatever matches either`,
    );
  }
  const provider = providers.find((candidate) => candidate.name === name);
  const problem = findProblem(name, provider, checksNames);
  if (!provider || problem) return refuse(enforced, name, `${problem}, so what matches is refused`);
  if (type === 'tcp' && provider.kind === 'ext-authz-http') return [];
  const how = provider.failOpen ? ' (it fails open: when it cannot be reached, requests pass)' : '';
  const asked: CustomPolicies[] =
    enforced.length === 0
      ? []
      : [
          {
            policies: enforced,
            effect: 'ask',
            provider: name,
            why: `external authorizer \`${name}\` must approve${how}`,
          },
        ];
  // Their rules stand among the enforced ones since Istio 1.30 (reference §2.11).
  return [...refuse(shadowed, name, 'a dry-run CUSTOM policy refuses what matches it, since Istio 1.30'), ...asked];
}

/** A DNS label, since Istio 1.30 (reference §2.1). */
const PROVIDER_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function findProblem(name: string, provider: ExtensionProvider | undefined, checksNames: boolean): string | undefined {
  if (!provider) return `the mesh config defines no extension provider \`${name}\``;
  if (provider.kind === 'other') return `extension provider \`${name}\` is no external authorizer`;
  if (checksNames && !PROVIDER_NAME.test(name)) return `\`${name}\` is no valid provider name since Istio 1.30`;
  return provider.problem;
}
