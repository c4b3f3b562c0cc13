import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { METHOD, PATH } from '../../semantics/algebra/axes.ts';
import { all, any, type Axis, type Formula, literal, NOTHING, not } from '../../semantics/algebra/formula.ts';
import type { WayIn } from '../../semantics/algebra/routes/way-in.ts';
import { valueGlobs } from '../../semantics/algebra/strings/patterns.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import { withPeer } from '../../semantics/algebra/with-peer.ts';
import { valueMatcher } from '../../semantics/authz/value-matcher.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { gatewayExposure } from '../../semantics/gateway/exposure.ts';
import type { Facts } from '../facts.ts';
import { requestOf } from '../request-of.ts';
import { findOnWay, waysIn } from '../ways-in.ts';
import { exempt, exemptIn, type Unless } from './exempt.ts';
import type { NeverAnswer } from './never-answer.ts';

/**
 * The same from the internet through gateways: what each route lets through, over all requests that a client may send to the gateway. A request
 * that refutes is decided hop by hop.
 */
export function* neverThroughGateways(
  { enforcement }: Facts,
  workload: Workload,
  port: WorkloadPort,
  unless: Unless | undefined,
): Iterable<NeverAnswer> {
  for (const way of waysIn(enforcement, workload, port.port)) {
    const { exposed } = gatewayExposure(enforcement.mesh, way.gateway);
    if (exposed === 'cluster' || exposed === 'node-network') continue;
    const left = not(exemptOn(enforcement, way, unless));
    const answer = findOnWay(enforcement, way, (set) => all([set, left]));
    if (answer.kind === 'open') {
      const name = `${way.gateway.id}:${way.port}`;
      yield { kind: 'open', why: `a request through ${name} to ${workload.id}:${port.port}: ${answer.why}` };
    }
    if (answer.kind !== 'found') continue;
    const { verdict, query } = answer;
    if (verdict.outcome === 'allow') yield { kind: 'refuted', request: requestOf(query), verdict };
    else yield { kind: 'open', why: verdict.reason };
  }
}

/**
 * The exempt requests of a way: `http` is what the client sends, the principal the one that the destination sees; a token that the gateway
 * validated exempts as well as one that the destination did.
 */
function exemptOn(enforcement: Enforcement, way: WayIn, unless: Unless | undefined): Formula {
  if (!unless) return NOTHING;
  const { jwt, http, principals, ports } = unless;
  const { pool } = symbolicOf(enforcement);
  if (ports && !ports.includes(way.endpoint.port)) return NOTHING;
  if (principals && !principals.some((pattern) => valueMatcher(pattern, 'any')(way.behind.peer ?? ''))) return NOTHING;
  if (http && way.protocol === 'tcp') return NOTHING;
  const { region, peer } = way.behind;
  const tokenAtGateway = {
    sets: { hasToken: way.side.hasToken },
    protocol: way.protocol,
    port: way.port,
    identified: false,
  };
  const withToken = any([
    exempt(enforcement, { jwt: jwt ?? 'any' }, tokenAtGateway),
    // Whatever is not exact may not exempt.
    region ? way.before(withPeer(exemptIn(enforcement, region, { jwt: jwt ?? 'any' }), peer)).surely : NOTHING,
  ]);
  const on = (axis: Axis, values: readonly string[]): Formula => {
    const comparison = axis === PATH ? 'before-query' : 'as-is';
    const key = JSON.stringify(['exempt', values]);
    return literal(
      axis,
      pool.words(key, comparison, () => values.flatMap((value) => valueGlobs(value))),
    );
  };
  return all([
    ...(jwt === undefined ? [] : [withToken]),
    ...(http?.methods ? [on(METHOD, http.methods)] : []),
    ...(http?.paths ? [on(PATH, http.paths)] : []),
  ]);
}
