import type { Workload, WorkloadPort } from '../model/inventory/types.ts';
import { isIdentified, type Transport } from './attempt.ts';
import { forwardedAddress } from './authz/address.ts';
import type { View } from './authz/view.ts';
import type { Enforcement } from './enforcement.ts';
import { explaining } from './judged.ts';
import { normalizePath } from './http/normalize-path.ts';
import { receiveRequest } from './http/receive-request.ts';
import { modeOfPort } from './mtls/effective-mode.ts';
import { acceptConnection, isTrusted } from './mtls/transport.ts';
import { decidePatched } from './patches/decide-patched.ts';
import { changesOfTls, endsHandshakes } from './patches/filters-left.ts';
import { assumptionOf, objectOf, type ProxyChange } from './patches/proxy-change.ts';
import { addressOf, type Query } from './query.ts';
import type { TraceStep, Verdict } from './verdict.ts';

/** The declared port of a workload, if it is one. */
function findPort(workload: Workload, port: number): WorkloadPort | undefined {
  return workload.ports.find((candidate) => candidate.port === port && candidate.transport === 'TCP');
}

/**
 * What a workload's own sidecar makes of a connection that reached it: transport, then the filters of the chain that takes it.
 * Reference §0, §1.3, §2. Where an EnvoyFilter may change the TLS of its listeners, with and without it.
 */
export function decideAtSidecar(enforcement: Enforcement, query: Query, connects: Transport): Verdict {
  const { workload, port } = query.destination;
  const changes = enforcement.changesAt(workload);
  const verdict = decideTerminated(enforcement, query, terminate(enforcement, query, connects), changes);
  const { gone, unclear } = changesOfTls(changes, port);
  const [first] = gone;
  if (first) {
    const other = withoutTls(enforcement, query, connects, { gone, changes }) ?? verdict;
    if (other.outcome !== verdict.outcome) {
      const names = gone.map((change) => `${objectOf(change)} (${change.text})`).join(', ');
      const reason = `${names} may take mutual TLS away: if so ${other.outcome}, if not ${verdict.outcome}: ${verdict.reason}`;
      return { ...verdict, outcome: 'unknown', by: first.by, reason };
    }
  }
  if (unclear.length === 0) return verdict;
  const named = unclear.map(assumptionOf);
  return { ...verdict, assumes: [...new Set([...verdict.assumes, ...named])] };
}

/** What happens where the listener speaks no mutual TLS; undefined: the same. */
function withoutTls(
  enforcement: Enforcement,
  query: Query,
  connects: Transport,
  { gone, changes }: { readonly gone: readonly ProxyChange[]; readonly changes: readonly ProxyChange[] },
): Verdict | undefined {
  if (isIdentified(connects)) {
    if (!endsHandshakes(gone)) return undefined;
    return decideTerminated(enforcement, query, { accepted: false, why: 'nothing terminates mutual TLS' }, changes);
  }
  const { workload, port } = query.destination;
  const { chain } = findPort(workload, port) ?? { chain: 'auto' };
  const arrived = acceptConnection('DISABLE', chain, { transport: connects, speaksHttp: query.http !== undefined });
  const text = 'without mutual TLS anybody connects';
  return decideTerminated(enforcement, query, arrived.accepted ? { ...arrived, peer: null, text } : arrived, changes);
}

type Terminated =
  | {
      readonly accepted: true;
      readonly peer: View['peer'];
      readonly chain: 'http' | 'tcp';
      readonly text: string;
      readonly assumes?: readonly string[];
    }
  | { readonly accepted: false; readonly why: string };

/** What the listener makes of the connection, by the mode of the port. */
function terminate(enforcement: Enforcement, query: Query, connects: Transport): Terminated {
  const { workload, port } = query.destination;
  const { mode, by, level } = modeOfPort(enforcement.modes(workload), port);
  const chainKind = findPort(workload, port)?.chain ?? 'auto';
  const peer = isIdentified(connects) ? query.source.identity : null;
  const arrived = acceptConnection(mode, chainKind, {
    transport: connects,
    speaksHttp: query.http !== undefined,
    ...(query.asBytes ? { asBytes: true } : {}),
  });
  if (!arrived.accepted) return arrived;
  const config = enforcement.configOf(workload);
  if (peer !== null && !isTrusted(peer, enforcement.trustedDomains(config))) {
    const why = `the sidecar trusts no certificate of trust domain \`${trustDomainOf(peer)}\``;
    return { accepted: false, why };
  }
  const mandate =
    connects === 'hbone'
      ? 'the sidecar'
      : `${mode}${by ? '' : level === 'default' ? ', the default,' : ', as its proxy was seen to hold it,'}`;
  const text = `${mandate} takes ${NAMES[connects]} on port ${port} (${arrived.chain.toUpperCase()} chain)`;
  const isForeign = peer !== null && !isTrusted(peer, enforcement.bundleOf(config));
  const assumes = isForeign
    ? [
        `\`caCertificates\` of the mesh config trust other roots: the certificate of trust domain \`${trustDomainOf(peer)}\` is of one of them`,
      ]
    : [];
  return { accepted: true, peer, chain: arrived.chain, text, assumes };
}

const trustDomainOf = (peer: string): string => peer.slice(0, peer.indexOf('/'));

function decideTerminated(
  enforcement: Enforcement,
  query: Query,
  arrived: Terminated,
  changes: readonly ProxyChange[],
): Verdict {
  const { workload, port } = query.destination;
  const config = enforcement.configOf(workload);
  const modes = enforcement.modes(workload);
  const { by } = modeOfPort(modes, port);
  if (!arrived.accepted) {
    return {
      outcome: 'deny',
      requires: [],
      assumes: modes.assumes,
      by,
      reason: arrived.why,
      point: 'sidecar',
      trace: [transportStep('stop', arrived.why, by)],
    };
  }
  const envoy = enforcement.envoy(workload);
  const chain = arrived.chain === 'http' ? envoy.http : envoy.tcp;
  const http =
    query.http && arrived.chain === 'http'
      ? receiveRequest(query.http, { peer: arrived.peer, self: workload.identity })
      : undefined;
  const path = http && normalizePath(http.path, config.pathNormalization.value);
  const decision = decidePatched(
    changes,
    { chain, providers: envoy.providers },
    {
      view: viewAt(http ? { ...query, http } : query, arrived.peer, path),
      ...explaining(query, { point: 'sidecar', workload, chain, providers: envoy.providers }, envoy.authorization),
      ...(query.token ? { token: query.token } : {}),
    },
    'sidecar',
  );
  return {
    outcome: decision.outcome,
    requires: decision.requires,
    assumes: [...(arrived.assumes ?? []), ...modes.assumes, ...decision.assumes],
    by: decision.by,
    reason: decision.reason,
    point: 'sidecar',
    trace: [transportStep('pass', arrived.text, by), ...decision.steps],
  };
}

const NAMES = { mtls: 'mutual TLS', hbone: 'HBONE', tls: 'opaque TLS', plaintext: 'plaintext' } as const;

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
