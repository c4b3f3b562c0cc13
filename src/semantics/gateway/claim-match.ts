import { isObject } from '../../model/shape.ts';

const PREFIX = '@request.auth.claims';

/**
 * The claim that a header name of the form `@request.auth.claims.a.b` or `@request.auth.claims[a][b]` stands for; undefined for a header.
 *
 * Source: istio pkg/jwt/routing_claim.go (ToRoutingClaim).
 */
export function routingClaim(header: string): readonly string[] | undefined {
  if (!header.toLowerCase().startsWith(PREFIX)) return undefined;
  const rest = header.slice(PREFIX.length);
  if (rest.startsWith('.')) {
    const path = rest.slice(1).split('.');
    return path.every((step) => step !== '') ? path : undefined;
  }
  const steps = [...rest.matchAll(/\[([^[\]]+)\]/g)].map(([, step = '']) => step);
  return steps.length > 0 && steps.map((step) => `[${step}]`).join('') === rest ? steps : undefined;
}

/** The claim is a string, or a list with a string, that passes. */
export function matchesClaim(
  claims: Readonly<Record<string, unknown>> | undefined,
  path: readonly string[],
  test: (text: string) => boolean,
): boolean {
  let current: unknown = claims;
  for (const step of path) {
    if (!isObject(current) || !Object.hasOwn(current, step)) return false;
    current = current[step];
  }
  if (typeof current === 'string') return test(current);
  return Array.isArray(current) && current.some((item) => typeof item === 'string' && test(item));
}
