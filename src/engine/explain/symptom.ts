import type { TraceStep, Verdict } from '../../semantics/verdict.ts';
import type { EndpointAnswer } from '../answer-request.ts';

/**
 * What the caller sees of a refusal.
 *
 * Source: Envoy's RBAC, jwt_authn and ext_authz filters (HTTP 403 `RBAC: access denied`, 401, 403 for a wrong audience), network filters close the connection;
 * ztunnel src/proxy (reference §1.6): the connection is reset.
 */
export function symptomOf({ verdict, judged }: EndpointAnswer): string | undefined {
  if (verdict.outcome !== 'deny') return undefined;
  const stop = verdict.trace.findLast(({ outcome }) => outcome === 'stop');
  return stop && describe(stop, verdict, judged.at(-1)?.chain.type === 'http');
}

function describe({ point, stage, text }: TraceStep, verdict: Verdict, isHttp: boolean): string | undefined {
  if (point === 'network-policy') return 'no answer until the connection times out';
  if (point === 'ztunnel') return 'the connection is reset';
  switch (stage) {
    case 'transport':
    case 'capture':
      return verdict.point === 'gateway'
        ? 'the handshake or the connection fails'
        : 'the connection is reset; behind a sidecar of its own, HTTP 503';
    case 'jwt':
      return text.includes('another audience') ? 'HTTP 403 `Audiences in Jwt are not allowed`' : 'HTTP 401';
    case 'custom':
    case 'deny':
    case 'allow':
      return isHttp ? 'HTTP 403 `RBAC: access denied`' : 'the connection is closed';
    case 'route':
      if (text.includes('redirects')) return 'a redirect';
      return isHttp ? 'HTTP 404, or what the route itself answers' : 'the connection is closed';
    default:
      return undefined;
  }
}
