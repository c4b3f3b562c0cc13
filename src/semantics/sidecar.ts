import type { Workload, WorkloadPort } from '../model/inventory/types.ts';
import { forwardedAddress } from './authz/address.ts';
import { decideChain } from './authz/decide-chain.ts';
import type { View } from './authz/view.ts';
import type { Enforcement } from './enforcement.ts';
import { explaining } from './judged.ts';
import { normalizePath } from './http/normalize-path.ts';
import { receiveRequest } from './http/receive-request.ts';
import { modeOfPort } from './mtls/effective-mode.ts';
import { acceptConnection, isTrusted } from './mtls/transport.ts';
import { addressOf, type Query } from './query.ts';
import type { TraceStep, Verdict } from './verdict.ts';

/** The declared port of a workload, if it is one. */
function findPort(workload: Workload, port: number): WorkloadPort | undefined {
  return workload.ports.find((candidate) => candidate.port === port && candidate.transport === 'TCP');
}

/**
 * What a workload's own sidecar makes of a connection that reached it: transport, then the filters of the chain that takes it.
 * Reference §0, §1.3, §2.
 */
export function decideAtSidecar(enforcement: Enforcement, query: Query, connects: 'mtls' | 'plaintext'): Verdict {
  const { workload, port } = query.destination;
  const config = enforcement.configOf(workload);
  const modes = enforcement.modes(workload);
  const { mode, by } = modeOfPort(modes, port);
  const chainKind = findPort(workload, port)?.chain ?? 'auto';
  const peer = connects === 'mtls' ? query.source.identity : null;
  const arrived = acceptConnection(mode, chainKind, { transport: connects, speaksHttp: query.http !== undefined });
  const refuse = (reason: string): Verdict => ({
    outcome: 'deny',
    requires: [],
    assumes: modes.assumes,
    by,
    reason,
    point: 'sidecar',
    trace: [transportStep('stop', reason, by)],
  });
  if (!arrived.accepted) return refuse(arrived.why);
  if (peer !== null && !isTrusted(peer, enforcement.bundleOf(config))) {
    return refuse(`the sidecar trusts no certificate of trust domain \`${peer.slice(0, peer.indexOf('/'))}\``);
  }
  const envoy = enforcement.envoy(workload);
  const chain = arrived.chain === 'http' ? envoy.http : envoy.tcp;
  const http =
    query.http && arrived.chain === 'http' ? receiveRequest(query.http, { peer, self: workload.identity }) : undefined;
  const view = viewAt(
    http ? { ...query, http } : query,
    peer,
    http && normalizePath(http.path, config.pathNormalization.value),
  );
  const decision = decideChain(
    chain,
    envoy.providers,
    {
      view,
      ...explaining(query, { point: 'sidecar', workload, chain, providers: envoy.providers }, envoy.authorization),
      ...(query.token ? { token: query.token } : {}),
    },
    'sidecar',
  );
  const accepted = `${mode}${by ? '' : ', the default,'} takes ${connects === 'mtls' ? 'mutual TLS' : 'plaintext'} on port ${port} (${arrived.chain.toUpperCase()} chain)`;
  return {
    outcome: decision.outcome,
    requires: decision.requires,
    assumes: [...modes.assumes, ...decision.assumes],
    by: decision.by,
    reason: decision.reason,
    point: 'sidecar',
    trace: [transportStep('pass', accepted, by), ...decision.steps],
  };
}

function transportStep(outcome: 'pass' | 'stop', text: string, by: Verdict['by']): TraceStep {
  const step = { point: 'sidecar', stage: 'transport', outcome, text } as const;
  return by ? { ...step, by } : step;
}

/** What Envoy's policies see. `path` is given on HTTP chains only. */
export function viewAt(
  query: Query,
  peer: View['peer'],
  path: string | undefined,
  trustedHops = 0,
): Omit<View, 'claims'> {
  const { source, destination, http } = query;
  return {
    peer,
    sourceIp: source.ip,
    remoteIp:
      source.remoteIp ??
      (http && path !== undefined ? forwardedAddress(http.headers, trustedHops) : undefined) ??
      source.ip,
    destinationIp: addressOf(destination),
    port: destination.port,
    sni: query.source.identity !== null || query.sni ? (query.sni ?? '').toLowerCase() : '',
    ...(http && path !== undefined
      ? { http: { method: http.method, path, authority: http.host, headers: http.headers } }
      : {}),
  };
}
