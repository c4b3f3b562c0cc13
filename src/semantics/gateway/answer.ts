import type { HttpRequest } from '../attempt.ts';
import type { HttpRoute } from './http-route.ts';
import { compileTextMatch } from './text-match.ts';

/**
 * Why a gateway answers a routed request by itself, if it does: a redirect, a fixed response, an injected fault, or a CORS preflight. Nothing
 * of it reaches a backend.
 *
 * Source: istio pilot/pkg/networking/core/route/route.go; envoy source/extensions/filters/http/cors/cors_filter.cc.
 */
export function ownAnswer(route: HttpRoute, request: HttpRequest): string | undefined {
  const { redirect, directResponse, fault, corsPolicy } = route.rule.spec;
  if (corsPolicy && isPreflight(request)) {
    const origin = headerOf(request, 'origin') ?? '';
    const allowed = [...(corsPolicy.allowOrigins ?? []), ...(corsPolicy.allowOrigin ?? []).map((exact) => ({ exact }))];
    if (allowed.some((match) => compileTextMatch(match).test(origin)))
      return 'the gateway answers the CORS preflight itself';
    if (corsPolicy.unmatchedPreflights === 'IGNORE') return 'the gateway answers the CORS preflight itself';
  }
  const abort = fault?.abort;
  if (abort && (abort.percentage?.value ?? 0) >= 100) return 'the route aborts every request with a fault';
  if (redirect) return 'the route redirects';
  if (directResponse) return `the route answers ${directResponse.status ?? 200} itself`;
  return undefined;
}

function headerOf({ headers }: HttpRequest, name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

function isPreflight(request: HttpRequest): boolean {
  const asks = (name: string): boolean => (headerOf(request, name) ?? '') !== '';
  return request.method === 'OPTIONS' && asks('origin') && asks('access-control-request-method');
}
