import { describe, expect, it } from 'vitest';
import { decideIn } from '../../../test/decide-in.ts';
import { type Manifest, namespace, policy, workload } from '../../../test/small-mesh.ts';
import type { Request } from '../../result/request.ts';

const peerAuthentication = (mode: string): Manifest => policy('PeerAuthentication', 'shop', 'mode', { mtls: { mode } });
const call = (): Request => ({
  from: { workload: 'web/front' },
  to: { service: 'shop/api', port: 80 },
  http: { method: 'GET', path: '/' },
});

describe('holes in what the client captures', () => {
  const mesh = (annotations: Readonly<Record<string, string>>, extra: readonly Manifest[] = []) => [
    namespace('web'),
    namespace('shop'),
    ...workload('web', 'front', { annotations }),
    ...workload('shop', 'api', { ports: { http: 8080 } }),
    peerAuthentication('STRICT'),
    ...extra,
  ];
  const traffic = (name: string, value: string) => ({ [`traffic.sidecar.istio.io/${name}`]: value });

  it.each([
    ['an excluded port', traffic('excludeOutboundPorts', '80')],
    ['no included address', traffic('includeOutboundIPRanges', '')],
    ['interceptionMode NONE', { 'sidecar.istio.io/interceptionMode': 'NONE' }],
  ])('%s: it leaves in plaintext', (_what, annotations) => {
    expect(decideIn(mesh(annotations), call())).toMatchObject({
      outcome: 'deny',
      reason: 'STRICT refuses plaintext',
      trace: [{ stage: 'capture', by: { name: 'front' } }, {}],
    });
  });

  it('another port is none', () => {
    expect(decideIn(mesh(traffic('excludeOutboundPorts', '443,9000')), call()).outcome).toBe('allow');
  });

  it('addresses are compared where the input has them, and else assumed', () => {
    const withAddress = (ip: string) =>
      mesh(traffic('excludeOutboundIPRanges', '10.96.0.0/16')).map((each) =>
        each.kind === 'Service' ? { ...each, spec: { ...(each.spec as object), clusterIP: ip } } : each,
      );
    expect(decideIn(withAddress('10.96.1.1'), call()).outcome).toBe('deny');
    expect(decideIn(withAddress('10.97.1.1'), call())).toMatchObject({ outcome: 'allow', assumes: [] });
    expect(decideIn(mesh(traffic('excludeOutboundIPRanges', '10.96.0.0/16')), call())).toMatchObject({
      outcome: 'allow',
      assumes: [expect.stringContaining('not in excludeOutboundIPRanges')],
    });
  });

  it('an application that runs as the user of the proxy is not captured', () => {
    const asProxy = mesh({}).map((each) => {
      if (each.kind !== 'Deployment' || (each.metadata as { name: string }).name !== 'front') return each;
      const spec = each.spec as { template: { spec: { containers: object[] } } };
      const containers = spec.template.spec.containers.map((container) => ({
        ...container,
        securityContext: { runAsUser: 1337 },
      }));
      return {
        ...each,
        spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, containers } } },
      };
    });
    expect(decideIn(asProxy, call()).outcome).toBe('deny');
  });
});
