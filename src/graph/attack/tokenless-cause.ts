import { byOf } from '../../model/by.ts';
import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { Entrance, Facts } from '../facts.ts';
import { isPublicEndpoint } from '../public-endpoints.ts';
import { tokenFactOf } from '../tokenless.ts';

/** The RequestAuthentication behind a route that checks tokens and asks for none, where nobody else on the way does; not for public endpoints. */
export function tokenlessCause(
  { enforcement }: Pick<Facts, 'enforcement'>,
  workload: Workload,
  port: WorkloadPort,
  { request, verdict }: Pick<Entrance, 'request' | 'verdict'>,
): By | undefined {
  const { http } = request;
  if (!http || isPublicEndpoint(http.path, http.method)) return undefined;
  if (verdict.requires.some(({ kind }) => kind === 'jwt' || kind === 'ext-authz')) return undefined;
  const fact = tokenFactOf(enforcement, workload, port);
  return fact.kind === 'open' ? byOf(fact.policy) : undefined;
}
