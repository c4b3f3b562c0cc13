import type { Principal, Workload, WorkloadPort } from '../model/inventory/types.ts';
import type { Request } from '../result/request.ts';
import { decidePatched } from '../semantics/patches/decide-patched.ts';
import { decide } from '../semantics/decide.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { gatewayView } from '../semantics/gateway/gateway-view.ts';
import { normalizePath } from '../semantics/http/normalize-path.ts';
import type { Query, Source } from '../semantics/query.ts';
import type { Sample } from '../semantics/sample.ts';
import type { Verdict } from '../semantics/verdict.ts';
import { queryOf } from './access.ts';
import { requestOf } from './request-of.ts';
import type { Via } from './ways-through.ts';

/** One question about one port of a workload. */
export interface Question {
  readonly workload: Workload;
  readonly port: WorkloadPort;
  /** Absent: the pod itself is addressed. */
  readonly via?: Via;
  readonly source: Source;
  readonly sample: Sample;
  readonly chain: 'http' | 'tcp';
}

export interface Answer {
  readonly request: Request;
  readonly verdict: Verdict;
}

/** A caller without any identity, from anywhere. */
export const ANONYMOUS: Source = { position: { kind: 'unstated' }, identity: null, connects: 'plaintext' };

/** A caller with a certificate of the mesh. */
export const bearerOf = (identity: Principal): Source => ({
  position: { kind: 'unstated' },
  identity,
  connects: 'mtls',
});

/**
 * Decides one request. At a gateway only the policies attached to it are asked, whatever its listeners and routes make of the request, since
 * they come first (reference §17.4).
 */
export function ask(enforcement: Enforcement, question: Question): Answer {
  const { workload, port, via, source, sample, chain } = question;
  const query = queryOf(workload, port, source, sample, chain === 'http');
  const asked: Query = via ? { ...query, destination: { ...query.destination, via } } : query;
  const isGateway = workload.dataPlane.kind === 'gateway';
  const verdict = isGateway ? atGateway(enforcement, asked, chain) : decide(enforcement, asked);
  return { request: requestOf(asked), verdict };
}

function atGateway(enforcement: Enforcement, query: Query, chain: 'http' | 'tcp'): Verdict {
  const { workload } = query.destination;
  const envoy = enforcement.envoy(workload);
  const config = enforcement.configOf(workload);
  const path = chain === 'http' ? normalizePath(query.http?.path ?? '/', config.pathNormalization.value) : undefined;
  const view = gatewayView(enforcement, query, { peer: query.source.identity, sni: query.sni ?? '' }, path);
  const request = { view, ...(query.token ? { token: query.token } : {}) };
  const { steps, ...decision } = decidePatched(
    enforcement.changesAt(workload),
    { chain: envoy[chain], providers: envoy.providers },
    request,
    'gateway',
  );
  return { ...decision, point: 'gateway', trace: steps };
}
