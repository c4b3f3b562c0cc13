/** First segments of paths that everybody serves to everybody: health, discovery, and what leads to a login. */
const FIRST =
  /^(health(z|check|-check)?|livez?|liveness|readyz?|readiness|startupz?|ping|metrics|\.well-known|favicon\.ico|robots\.txt|dex|oauth2?|login|callback|grpc\.health\.v1\.Health)$/;
const LAST = /^(healthz?|livez|readyz|health-?check)$/;
const SPRING = /^\/actuator\/(health|prometheus)(\/|\*|$)/;

/**
 * Whether a path, or a path pattern of a policy, is one of the well-known endpoints that are public by nature, so that nobody expects a token
 * there. A CORS preflight carries none either.
 */
export function isPublicEndpoint(pattern: string, method?: string): boolean {
  if (method === 'OPTIONS' || SPRING.test(pattern)) return true;
  if (!pattern.startsWith('/')) return LAST.test(pattern.replace(/^\*\//, ''));
  const segments = pattern.slice(1).split('/');
  const first = (segments[0] ?? '').replace(/\*$/, '');
  // `/h*` is more than health.
  if (FIRST.test(first)) return true;
  const last = segments.at(-1) ?? '';
  return segments.length > 1 && !pattern.includes('*') && LAST.test(last);
}
