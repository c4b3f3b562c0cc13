import type { Request } from '../result/request.ts';
import type { Enforcement } from './enforcement.ts';
import { podOf, verdictOf } from './network.ts';
import { decideEgress } from './network-policy/decide.ts';
import { resolveSource, type Unresolved } from './resolve-request.ts';
import type { Verdict } from './verdict.ts';

/**
 * Whether NetworkPolicy lets a workload send to an address outside the cluster. What its proxy makes of it (outbound policy, ServiceEntries,
 * egress gateways) is not decided yet, so that only this point can be asked.
 */
export function decideExternal(enforcement: Enforcement, request: Request): Verdict | Unresolved {
  const { to, protocol = 'TCP' } = request;
  if (to.at !== 'network-policy') {
    return {
      error: 'requests to hosts outside the mesh are not decided yet',
      help: 'ask NetworkPolicy alone with `at: network-policy`, or name a workload, a service or a gateway',
    };
  }
  const source = resolveSource(enforcement.mesh, request.from);
  if ('error' in source) return source;
  if (source.position.kind !== 'workload') {
    return { error: 'only a workload sends to an address outside', help: 'give `from` a workload' };
  }
  const peer = { kind: 'external', ...(to.external === undefined ? {} : { ip: to.external }) } as const;
  return verdictOf(decideEgress(enforcement.network, podOf(source.position.workload), peer, to.port, protocol));
}
