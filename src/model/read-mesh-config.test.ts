import { describe, expect, it } from 'vitest';
import { readText } from '../collect/read-text.ts';
import { parseYamlValue } from '../collect/yaml/parse-value.ts';
import { decodeObjects } from './decode.ts';
import { readMeshConfigs } from './read-mesh-config.ts';

function read(text: string) {
  const { resources, diagnostics } = decodeObjects(readText(text, 'install.yaml').objects);
  expect(diagnostics).toEqual([]);
  return readMeshConfigs(resources, parseYamlValue);
}

const configMap = (mesh: string, name = 'istio', namespace = 'istio-system') => `apiVersion: v1
kind: ConfigMap
metadata: { name: ${name}, namespace: ${namespace} }
data:
  meshNetworks: 'networks: {}'
  mesh: |
${mesh
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
`;

const istiod = (namespace: string, env = '[]') => `apiVersion: apps/v1
kind: Deployment
metadata: { name: istiod, namespace: ${namespace} }
spec: { template: { spec: { containers: [{ name: discovery, image: istio/pilot:1.31.0, env: ${env} }] } } }
`;

describe('readMeshConfigs', () => {
  it('takes every value from the ConfigMap, with its place', () => {
    const { configs, diagnostics } = read(
      configMap(`rootNamespace: mesh-root
trustDomain: prod.example
trustDomainAliases: [old.example]
caCertificates: [{ pem: PUBLIC, trustDomains: [partner.example] }, { spiffeBundleUrl: https://spiffe.example }]
enableAutoMtls: false
outboundTrafficPolicy: { mode: REGISTRY_ONLY }
pathNormalization: { normalization: MERGE_SLASHES }
accessLogFile: /dev/stdout
ingressClass: nginx
ingressControllerMode: "OFF"
discoverySelectors: [{ matchLabels: { mesh: "on" } }]
defaultServiceExportTo: ["."]
defaultConfig:
  interceptionMode: TPROXY
  gatewayTopology: { numTrustedProxies: 2, forwardClientCertDetails: APPEND_FORWARD }
  proxyMetadata: { ISTIO_META_ENABLE_HBONE: "true" }
extensionProviders:
  - name: opa
    envoyExtAuthzGrpc: { service: opa.opa.svc.cluster.local, port: 9191, failOpen: true }
  - name: proxy
    envoyExtAuthzHttp: { service: oauth2-proxy, port: 80, includeRequestHeadersInCheck: [cookie] }
  - name: logs
    envoyFileAccessLog: { path: /dev/stdout }`),
    );
    expect(diagnostics).toEqual([]);
    const config = configs.get('default');
    expect(config?.trustDomain).toEqual({
      value: 'prod.example',
      from: 'object',
      by: 'ConfigMap istio-system/istio',
      location: expect.objectContaining({ file: 'install.yaml' }),
    });
    const values = Object.fromEntries(
      Object.entries(config ?? {}).map(([field, setting]) => [
        field,
        typeof setting === 'string' ? setting : setting.value,
      ]),
    );
    expect(values).toEqual({
      revision: 'default',
      rootNamespace: 'mesh-root',
      trustDomain: 'prod.example',
      trustDomainAliases: ['old.example'],
      caCertificates: [{ trustDomains: ['partner.example'] }, { trustDomains: [] }],
      meshNetworks: new Map(),
      enableAutoMtls: false,
      outboundTrafficPolicy: 'REGISTRY_ONLY',
      pathNormalization: 'MERGE_SLASHES',
      accessLogFile: '/dev/stdout',
      ingressClass: 'nginx',
      ingressControllerMode: 'OFF',
      numTrustedProxies: 2,
      forwardClientCertDetails: 'APPEND_FORWARD',
      interceptionMode: 'TPROXY',
      clusterLocal: [],
      discoverySelectors: [{ matchLabels: { mesh: 'on' } }],
      proxyMetadata: { ISTIO_META_ENABLE_HBONE: 'true' },
      defaultExportTo: { service: ['.'], virtualService: ['*'], destinationRule: ['*'] },
      extensionProviders: [
        { name: 'opa', kind: 'ext-authz-grpc', service: 'opa.opa.svc.cluster.local', port: 9191, failOpen: true },
        { name: 'proxy', kind: 'ext-authz-http', service: 'oauth2-proxy', port: 80, failOpen: false },
        { name: 'logs', kind: 'other', failOpen: false },
      ],
    });
  });

  it('names the defaults as such', () => {
    const { configs } = read(configMap('pathNormalization: { normalization: DEFAULT }'));
    expect(configs.get('default')?.enableAutoMtls).toEqual({
      value: true,
      from: 'default',
      by: 'Istio default, ConfigMap istio-system/istio does not set it',
    });
    expect(configs.get('default')?.pathNormalization).toMatchObject({ value: 'BASE', from: 'object' });
    const nothing = read('').configs;
    expect([...nothing.keys()]).toEqual(['default']);
    expect(nothing.get('default')?.rootNamespace).toEqual({
      value: 'istio-system',
      from: 'default',
      by: 'Istio default, no mesh config in the input',
    });
  });

  it('reads JSON too', () => {
    expect(
      read(configMap('{"trustDomain": "td", "outboundTrafficPolicy": {}}')).configs.get('default')?.trustDomain.value,
    ).toBe('td');
  });

  it('falls back to the defaults when the text is broken, and says so', () => {
    for (const mesh of ['trustDomain: [', 'just a sentence', '- a']) {
      const { configs, diagnostics } = read(configMap(mesh));
      expect(configs.get('default')?.trustDomain.value).toBe('cluster.local');
      expect(diagnostics).toMatchObject([{ severity: 'error', file: 'install.yaml' }]);
    }
  });

  it('falls back for a single bad value', () => {
    const { configs, diagnostics } = read(configMap('trustDomain: td\noutboundTrafficPolicy: { mode: REGISTRY }'));
    expect(configs.get('default')?.outboundTrafficPolicy).toMatchObject({ value: 'ALLOW_ANY', from: 'default' });
    expect(configs.get('default')?.trustDomain.value).toBe('td');
    expect(diagnostics).toMatchObject([{ severity: 'warning', file: 'install.yaml' }]);
    expect(diagnostics[0]?.message).toContain('`meshConfig.outboundTrafficPolicy.mode` is `REGISTRY`');
  });

  it('keeps revisions apart; without the default one, the tag or the only one stands for it', () => {
    const canary = configMap('trustDomain: canary', 'istio-1-31');
    const both = read(`${configMap('trustDomain: main')}---\n${canary}`).configs;
    expect([...both].map(([revision, { trustDomain }]) => [revision, trustDomain.value])).toEqual([
      ['1-31', 'canary'],
      ['default', 'main'],
    ]);
    expect(read(canary).configs.get('default')?.revision).toBe('1-31');
    const older = configMap('trustDomain: older', 'istio-1-30');
    expect(read(`${canary}---\n${older}`).configs.get('default')?.trustDomain.by).toContain('no mesh config');
    const tag = `apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: { name: istio-revision-tag-default, labels: { istio.io/tag: default, istio.io/rev: 1-30 } }
webhooks: []
`;
    expect(read(`${canary}---\n${older}---\n${tag}`).configs.get('default')?.trustDomain.value).toBe('older');
  });

  it('takes the ConfigMap beside istiod, wherever that is', () => {
    const two = `${configMap('trustDomain: stray')}---\n${configMap('trustDomain: real', 'istio', 'mesh')}`;
    const { configs, diagnostics } = read(`${two}---\n${istiod('mesh')}`);
    expect(configs.get('default')?.trustDomain).toMatchObject({ value: 'real', by: 'ConfigMap mesh/istio' });
    expect(diagnostics).toMatchObject([
      { severity: 'warning', message: expect.stringContaining('`istio-system/istio`') },
    ]);
    expect(read(two).configs.get('default')?.trustDomain.value).toBe('stray');
    expect(read(configMap('trustDomain: only', 'istio', 'anywhere')).configs.get('default')?.trustDomain.value).toBe(
      'only',
    );
  });

  it('keeps to one cluster when told', () => {
    const objects = ['east', 'west'].flatMap(
      (cluster) => readText(configMap(`trustDomain: ${cluster}`), 'install.yaml', { cluster }).objects,
    );
    const { resources } = decodeObjects(objects);
    const west = readMeshConfigs(resources, parseYamlValue, 'west');
    expect(west.diagnostics).toEqual([]);
    expect(west.configs.get('default')?.trustDomain).toMatchObject({
      value: 'west',
      by: 'ConfigMap west:istio-system/istio',
    });
    const all = readMeshConfigs(resources, parseYamlValue);
    expect(all.configs.get('default')?.trustDomain.value).toBe('east');
    expect(all.diagnostics).toMatchObject([{ message: expect.stringContaining('`west:istio-system/istio`') }]);
  });

  it('puts the shared mesh config below the own one', () => {
    const { configs } = read(
      [
        configMap('trustDomain: own\nextensionProviders: [{ name: a, envoyExtAuthzHttp: { port: 1 } }]'),
        configMap(
          'trustDomain: shared\naccessLogFile: /dev/stdout\nextensionProviders: [{ name: a }, { name: b }]',
          'istio-shared',
        ),
        istiod('istio-system', '[{ name: SHARED_MESH_CONFIG, value: istio-shared }]'),
      ].join('---\n'),
    );
    expect([...configs.keys()]).toEqual(['default']);
    const config = configs.get('default');
    expect(config?.trustDomain.value).toBe('own');
    expect(config?.accessLogFile).toMatchObject({ value: '/dev/stdout', by: 'ConfigMap istio-system/istio-shared' });
    expect(config?.extensionProviders.value.map(({ name, kind }) => [name, kind])).toEqual([
      ['a', 'ext-authz-http'],
      ['b', 'other'],
    ]);
  });

  it('reads what an installer was told, unless the ConfigMap is there', () => {
    const operator = `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: install, namespace: istio-system }
spec:
  meshConfig: { trustDomain: intended }
  values:
    global: { istioNamespace: mesh }
    meshConfig: { trustDomain: weaker, accessLogFile: /dev/stdout }
`;
    const intended = read(operator).configs.get('default');
    expect(intended?.trustDomain).toMatchObject({
      value: 'intended',
      by: 'IstioOperator istio-system/install',
      location: { line: 5 },
    });
    expect(intended?.accessLogFile).toMatchObject({ value: '/dev/stdout', location: { line: 8 } });
    expect(intended?.rootNamespace).toMatchObject({ value: 'mesh', from: 'object' });
    const real = read(`${operator}---\n${configMap('trustDomain: real')}`).configs.get('default');
    expect(real?.trustDomain.value).toBe('real');
    expect(real?.accessLogFile).toMatchObject({ value: '', from: 'default' });
  });

  it('names the revisions of the Sail operator', () => {
    const istio = (name: string, more: string) => `apiVersion: sailoperator.io/v1
kind: Istio
metadata: { name: ${name} }
spec: { version: v1.30.1, namespace: mesh, ${more} values: { meshConfig: { trustDomain: td } } }
`;
    const inPlace = read(istio('default', '')).configs.get('default');
    expect(inPlace?.trustDomain).toMatchObject({ value: 'td', by: 'Istio default' });
    expect(inPlace?.rootNamespace.value).toBe('mesh');
    expect([...read(istio('prod', 'updateStrategy: { type: RevisionBased },')).configs.keys()]).toEqual([
      'prod-v1-30-1',
      'default',
    ]);
  });
});
