import type { Enforcement } from './enforcement.ts';
import { type EffectiveModes, modeOfPort } from './mtls/effective-mode.ts';
import type { Query } from './query.ts';

/**
 * How the source may open the connection, in the order to try. As stated; else an attacker tries its identity and then plaintext, and an
 * app does what its proxy decides for it: auto mTLS where the destination has a data plane that takes it.
 *
 * Source: istio pilot/pkg/xds/endpoints/mtls_checker.go (reference §1.7). DestinationRules of the client are not looked at yet.
 */
export function chooseTransport(enforcement: Enforcement, query: Query): readonly ('mtls' | 'plaintext')[] {
  const { source, client, destination } = query;
  if (source.connects) return [source.connects];
  if (source.identity === null) return ['plaintext'];
  if (client === 'attacker') return ['mtls', 'plaintext'];
  const { workload } = destination;
  switch (workload.dataPlane.kind) {
    case 'none':
      return ['plaintext'];
    case 'ambient':
      return ['mtls'];
    default: {
      if (!enforcement.configOf(workload).enableAutoMtls.value) return ['plaintext'];
      // An excluded port is called with mutual TLS all the same: the client knows only that the pod has a sidecar.
      const { mode } = modeOfPort(modesAtClient(enforcement, query), destination.port);
      return [mode === 'DISABLE' ? 'plaintext' : 'mtls'];
    }
  }
}

/** The client's istiod decides by the policies of its own cluster, also for endpoints of others (reference §9.2). */
function modesAtClient(enforcement: Enforcement, { source, destination }: Query): EffectiveModes {
  const { workload } = destination;
  if (source.position.kind !== 'workload') return enforcement.modes(workload);
  const cluster = enforcement.policyCluster(source.position.workload);
  return cluster === enforcement.policyCluster(workload)
    ? enforcement.modes(workload)
    : enforcement.modesSeenBy(cluster, workload);
}
