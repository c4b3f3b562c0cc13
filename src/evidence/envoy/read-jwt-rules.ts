import type { JwtRule } from '../../model/istio/request-authentication.ts';
import { isObject } from '../../model/shape.ts';
import { at, listAt, textAt } from './json.ts';
import type { Unread } from './place.ts';

/**
 * The JWT rules that a filter was made of, in the order in which it tries them. Keys are left behind.
 *
 * Source: istio pilot/pkg/security/authn/policy_applier.go (convertToEnvoyJwtConfig).
 */
export function readJwtRules(config: unknown, unread: Unread): readonly JwtRule[] {
  const [rule, ...others] = listAt(config, 'rules');
  if (others.length > 0 || !isObject(rule)) {
    unread.add('JWT rules of another form');
    return [];
  }
  const names = providersOf(at(rule, 'requires'));
  if (!names) {
    unread.add('JWT requirements of another form');
    return [];
  }
  return names.map((name) => ruleOf(at(config, 'providers', name), unread));
}

/**
 * The rules that are tried, where the requirement is what istiod writes: one of them, or no token that any of them reads. Undefined: something
 * else, of which nothing is known.
 */
function providersOf(requires: unknown): readonly string[] | undefined {
  const names = [...new Set(namesIn(requires))];
  return names.length > 0 && JSON.stringify(requires) === JSON.stringify(requirementOf(names)) ? names : undefined;
}

function requirementOf(names: readonly string[]): unknown {
  const rules = names.map((name) => ({ provider_name: name }));
  const missing = { allow_missing: {} };
  if (rules.length === 1) return { requires_any: { requirements: [...rules, missing] } };
  const each = rules.map((rule) => ({ requires_any: { requirements: [rule, missing] } }));
  return { requires_any: { requirements: [...rules, { requires_all: { requirements: each } }] } };
}

function namesIn(requires: unknown): readonly string[] {
  const name = textAt(requires, 'provider_name');
  if (name !== undefined) return [name];
  return ['requires_any', 'requires_all'].flatMap((kind) => listAt(requires, kind, 'requirements').flatMap(namesIn));
}

function ruleOf(provider: unknown, unread: Unread): JwtRule {
  const issuer = textAt(provider, 'issuer');
  const audiences = texts(listAt(provider, 'audiences'));
  const fromHeaders = listAt(provider, 'from_headers').map((header) => {
    const prefix = textAt(header, 'value_prefix');
    return { name: textAt(header, 'name') ?? '', ...(prefix === undefined ? {} : { prefix }) };
  });
  const fromParams = texts(listAt(provider, 'from_params'));
  const fromCookies = texts(listAt(provider, 'from_cookies'));
  const claims = listAt(provider, 'claim_to_headers').map((entry) => ({
    header: textAt(entry, 'header_name') ?? '',
    claim: textAt(entry, 'claim_name') ?? '',
  }));
  const payload = textAt(provider, 'forward_payload_header');
  if (isObject(provider) && 'require_expiration' in provider) unread.add('require_expiration');
  return {
    ...(issuer === undefined ? {} : { issuer }),
    ...(audiences.length > 0 ? { audiences } : {}),
    ...(fromHeaders.length > 0 ? { fromHeaders } : {}),
    ...(fromParams.length > 0 ? { fromParams } : {}),
    ...(fromCookies.length > 0 ? { fromCookies } : {}),
    ...(claims.length > 0 ? { outputClaimToHeaders: claims } : {}),
    ...(payload === undefined ? {} : { outputPayloadToHeader: payload }),
    ...(isObject(provider) && provider.forward === true ? { forwardOriginalToken: true } : {}),
  };
}

const texts = (list: readonly unknown[]): readonly string[] => list.filter((item) => typeof item === 'string');
