import { decideRequest } from '../../src/semantics/decide-request.ts';
import type { Enforcement } from '../../src/semantics/enforcement.ts';
import { viewOf } from '../../src/semantics/outbound/client-view.ts';
import { depart } from '../../src/semantics/outbound/depart.ts';
import { workloadAt } from '../../src/semantics/outbound/entry-service.ts';
import { httpRequest } from '../../src/semantics/resolve-request.ts';
import type { Manifest } from '../read-vectors.ts';
import type { Replayed } from './replay.ts';
import { arrived, enforcementOfWay, expectedOf, httpOf, readWays, type WayProxy, type WayVector } from './ways.ts';

/** The client's pod has a sidecar; the recorder takes it as given. */
const injected =
  ({ name, namespace }: WayProxy) =>
  (object: Manifest): Manifest =>
    object.kind === 'Pod' && object.metadata.name === name && object.metadata.namespace === namespace
      ? {
          ...object,
          metadata: { ...object.metadata, annotations: { 'sidecar.istio.io/status': '{}' } },
          spec: {
            containers: [
              { name: 'app', image: 'app:1' },
              { name: 'istio-proxy', image: 'proxyv2:1' },
            ],
          },
        }
      : object;

/** Which cluster a client's sidecar picks, and that what it refuses is refused. */
export function replayEgress(): readonly (Replayed & { readonly area: string })[] {
  return readWays('egress').flatMap(({ area, header, sets }) =>
    sets.flatMap((set) => {
      const { proxy } = header.world;
      const enforcement = enforcementOfWay(header, set, injected(proxy));
      return set.vectors.map((vector, i) => ({
        id: `${set.set}/${i}`,
        area,
        // What passes untouched by routes is normalised by the proxy all the same, and again where it arrives.
        expected: vector.to === 'PassthroughCluster' ? vector.to : expectedOf(vector),
        got: answer(enforcement, proxy, vector),
      }));
    }),
  );
}

function answer(enforcement: Enforcement, proxy: WayProxy, vector: WayVector): string {
  const { ip = '', port, sni } = vector;
  const request = httpOf(vector);
  const from = `${proxy.namespace}/${proxy.name}`;
  const verdict = decideRequest(enforcement, {
    from: { workload: from },
    to: { external: ip, port },
    ...request,
    ...(sni === undefined ? {} : { sni }),
  });
  if ('error' in verdict) return verdict.error;
  const cluster = clusterOf(enforcement, from, vector);
  // What happens behind the cluster is not recorded here; what the client's own sidecar refuses is.
  const refused =
    verdict.outcome === 'deny' && verdict.point === 'sidecar' && verdict.trace.at(-1)?.stage !== 'transport';
  if (refused !== (cluster === 'refused')) return `${verdict.outcome} (${verdict.reason}), yet ${cluster}`;
  return cluster;
}

function clusterOf(enforcement: Enforcement, from: string, vector: WayVector): string {
  const { ip = '', port, sni } = vector;
  const client = enforcement.mesh.workloads.find(({ id }) => id === from);
  if (!client) throw new Error(`no workload ${from}`);
  const view = viewOf(enforcement, client);
  const { http } = httpOf(vector);
  const pod = workloadAt(enforcement.mesh, client.cluster, ip);
  const departure = depart(enforcement, view, {
    port,
    ip,
    ...(pod ? { pod } : {}),
    ...(http ? { http: httpRequest(http, ip) } : {}),
    ...(sni === undefined ? {} : { sni }),
  });
  if (departure.kind === 'refused') return 'refused';
  if (departure.kind === 'unknown')
    return view.scope.policy.mode === 'REGISTRY_ONLY' ? 'refused' : 'PassthroughCluster';
  const [target] = departure.targets;
  if (!target) return 'refused';
  return arrived(`outbound|${target.port}|${target.subset}|${target.entry.host}`, vector, target.http);
}
