import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { isCaptured } from '../capture.ts';
import type { Enforcement } from '../enforcement.ts';
import { acceptConnection } from '../mtls/transport.ts';
import { modeOfPort } from '../mtls/effective-mode.ts';
import type { ChainSets } from './chain-formula.ts';
import { EVERYTHING, type Formula } from './formula.ts';
import type { Symbolic } from './symbolic.ts';
import type { ZtunnelSets } from './ztunnel-formula.ts';

/** The requests that one workload port takes in one way: over one transport, on one kind of filter chain. */
export interface Region {
  readonly transport: 'mtls' | 'plaintext';
  readonly protocol: 'http' | 'tcp';
  /** What passes, external approval taken for given. */
  readonly passes: Formula;
  /** What passes under some reading of what the input leaves open; the same as `passes` mostly. */
  readonly mayPass: Formula;
  /** What decides it; absent where nothing does. */
  readonly point?:
    | { readonly kind: 'sidecar'; readonly sets: ChainSets }
    | { readonly kind: 'ztunnel'; readonly sets: ZtunnelSets };
}

const PROTOCOLS = ['http', 'tcp'] as const;
const protocolsOf = (chain: WorkloadPort['chain']): readonly ('http' | 'tcp')[] =>
  chain === 'auto' ? PROTOCOLS : [chain];
const TRANSPORTS = ['plaintext', 'mtls'] as const;

/**
 * All requests that a port of a workload takes, addressed to the pod itself: `decide` behind NetworkPolicy, as sets. Gateways have routes
 * instead, and are not asked here.
 */
export function regionsOf(
  symbolic: Symbolic,
  enforcement: Enforcement,
  workload: Workload,
  port: Pick<WorkloadPort, 'port' | 'transport' | 'chain'>,
): readonly Region[] {
  if (!isCaptured(workload, port.port, port.transport).captured) {
    return PROTOCOLS.map((protocol) => ({ transport: 'plaintext', protocol, passes: EVERYTHING, mayPass: EVERYTHING }));
  }
  // ztunnel looks at no bytes; a declared TCP port takes HTTP as bytes.
  const speaks = workload.dataPlane.kind === 'ambient' ? PROTOCOLS : protocolsOf(port.chain);
  return TRANSPORTS.flatMap((transport) =>
    speaks.flatMap((protocol): readonly Region[] => {
      if (workload.dataPlane.kind === 'ambient') {
        const sets = symbolic.ztunnel(enforcement, workload, port.port, transport === 'mtls');
        return [{ transport, protocol, passes: sets.passes, mayPass: sets.mayPass, point: { kind: 'ztunnel', sets } }];
      }
      const { mode } = modeOfPort(enforcement.modes(workload), port.port);
      const arrived = acceptConnection(mode, port.chain, { transport, speaksHttp: protocol === 'http' });
      if (!arrived.accepted) return [];
      const sets = symbolic.sidecar(enforcement, workload, port.port, transport === 'mtls', arrived.chain);
      return [{ transport, protocol, passes: sets.passes, mayPass: sets.passes, point: { kind: 'sidecar', sets } }];
    }),
  );
}
