import { describe, expect, it } from 'vitest';
import { readText } from '../collect/read-text.ts';
import { decodeObjects } from './decode.ts';
import { parseVersion, readIstioVersion } from './read-istio-version.ts';

const read = (...objects: string[]) =>
  readIstioVersion(decodeObjects(readText(objects.join('---\n'), 'a.yaml').objects).resources);

const deployment = (name: string, container: string, image: string, labels = '{}') => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: istio-system, labels: ${labels} }
spec: { template: { spec: { containers: [{ name: ${container}, image: "${image}" }] } } }
`;

describe('readIstioVersion', () => {
  it.each([
    ['docker.io/istio/pilot:1.31.0', '1.31.0'],
    ['localhost:5000/pilot:1.29.2-distroless', '1.29.2'],
    ['gcr.io/asm/pilot:1.20.8-asm.1@sha256:0123456789', '1.20.8'],
    ['istio/pilot:v1.30', '1.30'],
  ])('%s', (image, value) => {
    expect(read(deployment('istiod', 'discovery', image))).toEqual({
      value,
      by: 'istiod image, Deployment istio-system/istiod',
    });
  });

  it.each(['istio/pilot', 'istio/pilot:latest', 'registry:5000/pilot', 'istio/pilot@sha256:1.31'])(
    'says nothing by %s',
    (image) => {
      expect(read(deployment('istiod', 'discovery', image))).toBeUndefined();
    },
  );

  it('takes the newest istiod and names the others', () => {
    const version = read(
      deployment('istiod-1-9', 'discovery', 'istio/pilot:1.9.9'),
      deployment('istiod-1-31', 'discovery', 'istio/pilot:1.31.1'),
      deployment('web', 'istio-proxy', 'istio/proxyv2:1.32.0'),
    );
    expect(version).toEqual({
      value: '1.31.1',
      by: 'istiod image, Deployment istio-system/istiod-1-31; beside it 1.9.9 (Deployment istio-system/istiod-1-9)',
    });
  });

  it('goes on to labels, installers, proxies and the injector', () => {
    const labelled = deployment(
      'istiod',
      'discovery',
      'mirror/pilot@sha256:abc',
      '{ app: istiod, helm.sh/chart: istiod-1.29.1 }',
    );
    const operator = `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: install, namespace: istio-system }
spec: { tag: 1.28.3 }
`;
    const sail =
      'apiVersion: sailoperator.io/v1\nkind: Istio\nmetadata: { name: default }\nspec: { version: v1.27-latest }\n';
    const proxy = deployment('web', 'istio-proxy', 'istio/proxyv2:1.26.0');
    const injector = `apiVersion: v1
kind: ConfigMap
metadata: { name: istio-sidecar-injector, namespace: istio-system }
data: { values: '{"global": {"tag": "1.25.0"}}' }
`;
    expect(read(labelled, operator, proxy)).toEqual({
      value: '1.29.1',
      by: 'istiod label, Deployment istio-system/istiod',
    });
    expect(read(operator, sail, proxy, injector)?.value).toBe('1.28.3');
    expect(read(sail, proxy, injector)).toEqual({ value: '1.27', by: 'Istio spec.version, SailIstio default' });
    expect(read(proxy, injector)).toEqual({ value: '1.26.0', by: 'proxy image, Deployment istio-system/web' });
    expect(read(injector)?.value).toBe('1.25.0');
    expect(read()).toBeUndefined();
  });

  it('parses only what starts like a version', () => {
    expect(['1.31', 'v1.31.4-rc.1', '1.31.0.1', '1', 'latest', '20260101.1'].map(parseVersion)).toEqual([
      '1.31',
      '1.31.4',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
