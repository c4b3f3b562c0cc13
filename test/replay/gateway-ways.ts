import type { Principal } from '../../src/model/inventory/types.ts';
import type { ClientTls } from '../../src/result/request.ts';
import { decideAtGateway } from '../../src/semantics/gateway/decide-at-gateway.ts';
import { indexGateways } from '../../src/semantics/gateway/index-gateways.ts';
import { httpRequest } from '../../src/semantics/resolve-request.ts';
import type { Manifest } from '../read-vectors.ts';
import type { Replayed } from './replay.ts';
import { arrived, enforcementOfWay, expectedOf, httpOf, readWays, type WayVector } from './ways.ts';

/** The gateway's pod is one of Istio's own; the recorder takes it as given. */
export const injected = (object: Manifest): Manifest =>
  object.kind === 'Pod' && object.metadata.name === 'gateway'
    ? { ...object, metadata: { ...object.metadata, annotations: { 'inject.istio.io/templates': 'gateway' } } }
    : object;

/** Where an ingress gateway sends what comes from outside, and as what. */
export function replayGatewayWays(): readonly (Replayed & { readonly area: string })[] {
  return readWays('gateway').flatMap(({ area, header, sets }) =>
    sets.flatMap((set) => {
      const enforcement = enforcementOfWay(header, set, injected);
      const index = indexGateways(enforcement);
      const { name, namespace } = header.world.proxy;
      const workload = enforcement.mesh.workloads.find(({ id }) => id === `${namespace}/${name}`);
      if (!workload) throw new Error(`no workload ${namespace}/${name}`);
      return set.vectors.map((vector, i) => {
        const { http } = httpOf(vector);
        const { outcome, backends } = decideAtGateway(enforcement, index, {
          client: 'attacker',
          source: { position: { kind: 'internet' }, identity: null as Principal | null, ip: '127.0.0.1' },
          destination: { workload, port: vector.port },
          transport: 'TCP',
          ...(http ? { http: httpRequest(http, '') } : {}),
          ...(vector.jwt ? { token: { claims: vector.jwt, valid: true } } : {}),
          ...(vector.tls ? { tls: tlsOf(vector) } : {}),
        });
        const [backend] = backends;
        return {
          id: `${set.set}/${i}`,
          area,
          expected: expectedOf({ ...vector, ...(vector.to === undefined ? {} : { to: labelOf(vector.to) }) }),
          got: outcome === 'allow' && backend ? arrived(backend.label, vector, backend.http) : 'refused',
        };
      });
    }),
  );
}

const tlsOf = ({ sni = '', principal }: WayVector): ClientTls => ({
  sni,
  ...(principal === undefined ? {} : { clientCert: { principal } }),
});

/** The service and port of a cluster: `outbound|80|v1|api.shop.svc.cluster.local` is `shop/api:80`. */
function labelOf(cluster: string): string {
  const [, port = '', , host = ''] = cluster.split('|');
  const [name = '', namespace = ''] = host.replace('.svc.cluster.local', '').split('.');
  return host.endsWith('.svc.cluster.local') ? `${namespace}/${name}:${port}` : `${host}:${port}`;
}
