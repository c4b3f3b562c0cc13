import type { Workload, WorkloadPort } from '../model/inventory/types.ts';
import { decide } from '../semantics/decide.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import type { InternetRoute } from '../semantics/gateway/routes-of.ts';
import type { Query, Source } from '../semantics/query.ts';
import { requestOf } from './request-of.ts';
import { strangerOf } from '../semantics/stranger.ts';
import type { Access, PortAccess } from './access.ts';

/**
 * Who may send a request through a port of a gateway, as far as the gateway itself decides. What it lets in without a client certificate it
 * lets in for everybody.
 */
export function findGatewayAccess(
  enforcement: Enforcement,
  workload: Workload,
  port: WorkloadPort,
  routes: readonly InternetRoute[],
): PortAccess {
  const own = routes.filter((route) => route.gateway === workload && route.listener.port === port.port);
  const attempt = (source: Source): Access | null => {
    for (const { query } of own) {
      const asked: Query = { ...query, source };
      const network = decide(enforcement, { ...asked, at: 'network-policy' });
      if (network.outcome === 'deny') return null;
      const verdict = decide(enforcement, { ...asked, at: 'gateway' });
      if (verdict.outcome === 'allow') return { request: requestOf(asked), verdict };
    }
    return null;
  };
  const anyPod = { kind: 'pod-outside-mesh' } as const;
  const stranger = strangerOf(enforcement.configOf(workload).trustDomain.value);
  const plaintext = attempt({ position: { kind: 'unstated' }, identity: null, connects: 'plaintext' });
  const anyIdentity = plaintext ?? attempt({ position: { kind: 'unstated' }, identity: stranger });
  return {
    plaintext,
    plaintextFromAnyPod: plaintext && attempt({ position: anyPod, identity: null, connects: 'plaintext' }),
    anyIdentity,
    anyIdentityFromAnyPod: anyIdentity && attempt({ position: anyPod, identity: stranger }),
    identities: new Map(),
    get node() {
      return attempt({ position: { kind: 'node-network' }, identity: null, connects: 'plaintext' });
    },
  };
}
