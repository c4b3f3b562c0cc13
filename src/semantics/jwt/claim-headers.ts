import type { JwtRule } from '../../model/istio/request-authentication.ts';
import type { Claims } from '../authz/claims.ts';

type Headers = readonly (readonly [string, string])[];

/** Headers that rules write out of tokens, in lower case: whoever else sends one, it is taken off. */
export function headersOfRules(rules: readonly JwtRule[]): readonly string[] {
  return rules
    .flatMap(({ outputPayloadToHeader, outputClaimToHeaders }) => [
      ...(outputPayloadToHeader ? [outputPayloadToHeader] : []),
      ...(outputClaimToHeaders ?? []).flatMap(({ header }) => (header ? [header] : [])),
    ])
    .map((name) => name.toLowerCase());
}

/**
 * What an accepted token writes into headers (`outputClaimToHeaders`, `outputPayloadToHeader`).
 *
 * Source: envoy source/extensions/filters/http/jwt_authn/authenticator.cc (addJWTClaimToHeader, handleGoodJwt); recorded in
 * conformance/vectors/tokens.jsonl.
 */
export function claimHeaders({ outputPayloadToHeader, outputClaimToHeaders }: JwtRule, claims: Claims): Headers {
  const written = (outputClaimToHeaders ?? []).flatMap(({ header, claim }) => {
    const text = header && claim ? textOf(claimAt(claims, claim)) : undefined;
    return header && text !== undefined ? [[header.toLowerCase(), text] as const] : [];
  });
  // The payload is Base64 of the token's own bytes, which nobody knows here.
  return outputPayloadToHeader ? [[outputPayloadToHeader.toLowerCase(), ENCODED], ...written] : written;
}

/** `a.b` is a claim inside another. */
function claimAt(claims: Claims, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, step) =>
        typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Claims)[step] : undefined,
      claims,
    );
}

const ENCODED = 'e30';

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(6);
  return typeof value === 'object' && value !== null ? ENCODED : undefined;
}
