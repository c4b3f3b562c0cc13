import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { Registry } from './registry.ts';

const service = (name: string, annotations: string, spec: string): string => `
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop, annotations: { ${annotations} } }
spec: { ports: [{ name: http, port: 80 }], ${spec} }
`;

const WEB = 'web.shop.svc.cluster.local';

describe('Registry', () => {
  it.each([
    ["'*'", ['shop', 'edge', 'team']],
    ['.', ['shop']],
    ["'~'", []],
    ["'., edge'", ['shop', 'edge']],
    ["' team ,edge '", ['edge', 'team']],
  ])('shows a Service with exportTo %s to %j', (exportTo, expected) => {
    const { mesh } = meshOf(service('web', `networking.istio.io/exportTo: ${exportTo}`, 'selector: { app: web }'));
    const registry = new Registry(mesh);
    expect(['shop', 'edge', 'team'].filter((each) => registry.find(WEB, 'shop', each))).toEqual(expected);
    expect(['shop', 'edge', 'team'].filter((each) => registry.visibleTo(each).length > 0)).toEqual(expected);
  });

  it('knows what an ExternalName stands for, and that it is outside', () => {
    const { mesh } = meshOf(
      service('vendor', '', 'type: ExternalName, externalName: API.vendor.example') +
        service('web', '', 'selector: { app: web }'),
    );
    const registry = new Registry(mesh);
    expect(registry.find('vendor.shop.svc.cluster.local', 'shop', 'edge')).toMatchObject({
      external: true,
      alias: 'api.vendor.example',
    });
    const web = registry.find(WEB, 'shop', 'edge');
    expect(web).toMatchObject({ external: false, label: 'shop/web' });
    expect(web).not.toHaveProperty('alias');
  });

  it('takes the host of the namespace of the route before another of that name', () => {
    const entry = (namespace: string, exportTo: string): string => `
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: vendor, namespace: ${namespace} }
spec: { hosts: [api.vendor.example], location: MESH_EXTERNAL, resolution: DNS, exportTo: [${exportTo}], ports: [{ number: 443, name: tls, protocol: TLS }] }
`;
    const { mesh } = meshOf(entry('edge', "'*'") + entry('shop', '., team'));
    const registry = new Registry(mesh);
    const find = (route: string, proxy: string) => registry.find('api.vendor.example', route, proxy)?.namespace;
    expect(find('shop', 'team')).toBe('shop');
    expect(find('other', 'team')).toBe('edge');
    // Not shown to the proxy.
    expect(find('shop', 'edge')).toBe('edge');
  });
});
