import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, workload } from '../../../test/small-mesh.ts';
import { buildAttackGraph } from './attack-graph.ts';
import { findBlastRadii } from './blast-radius.ts';
import { findAttackPaths } from './find-attack-paths.ts';
import { platformServicesFor } from './platform-services.ts';

const base = [
  namespace('shop'),
  ...workload('shop', 'web', { ports: { http: 8080 } }),
  ...workload('istio-system', 'istiod', { ports: { xds: 15010 } }),
];
const node = (spec: Manifest, labels: Manifest = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1', labels },
  spec,
});
const egress = (rules: readonly Manifest[]): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'egress', namespace: 'shop' },
  spec: { podSelector: {}, policyTypes: ['Egress'], egress: rules },
});
const toAddress = (cidr: string, ...except: readonly string[]): Manifest => ({ to: [{ ipBlock: { cidr, except } }] });

const factsFor = (more: readonly Manifest[] = []) => factsOfText(meshText([...base, ...more]), 'mesh.yaml');

function servicesFor(more: readonly Manifest[] = []) {
  const facts = factsFor(more);
  const web = facts.mesh.workloads.find(({ id }) => id === 'shop/web');
  if (!web) throw new Error('no shop/web');
  return platformServicesFor(facts, web);
}

const kinds = (more: readonly Manifest[]): readonly string[] => servicesFor(more).map(({ at }) => at);
const METADATA = '169.254.169.254:80';

describe('platformServicesFor', () => {
  it('is all of them where no policy isolates a workload, and what the input does not show is unknown', () => {
    const found = servicesFor();
    expect(found.map(({ at, status }) => `${at} ${status}`)).toEqual([
      `${METADATA} UNKNOWN`,
      'istio-system/istiod:15010 UNKNOWN',
      'istio-system/istiod:8080 UNKNOWN',
      'istio-system/istiod:15014 UNKNOWN',
      'istio-system/istiod:15017 UNKNOWN',
      'node:10250 UNKNOWN',
      'node:10255 UNKNOWN',
    ]);
    expect(found[0]?.assumes).toContain('the cluster runs on a cloud');
    expect(found.find(({ kind }) => kind === 'kubelet')?.requires).toHaveLength(1);
  });

  it.each([
    ['a default deny', [], []],
    ['every address but the metadata service', [toAddress('0.0.0.0/0', '169.254.169.254/32')], 'none of it'],
    [
      'the control plane',
      [{ to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'istio-system' } } }] }],
      ['15010', '8080', '15014', '15017'].map((port) => `istio-system/istiod:${port}`),
    ],
    [
      'one port of the control plane',
      [{ to: [{ namespaceSelector: {} }], ports: [{ protocol: 'TCP', port: 15012 }] }],
      [],
    ],
  ])('follows egress policies: %s', (_, rules, expected) => {
    const found = kinds([egress(rules)]);
    if (expected === 'none of it') expect(found).not.toContain(METADATA);
    else expect(found.filter((at) => !at.startsWith('node:'))).toEqual(expected);
  });

  it('follows egress policies: the metadata address, of which nobody knows whether it is that of a pod', () => {
    const [first, ...others] = servicesFor([egress([toAddress('169.254.169.254/32')])]);
    expect(first?.at).toBe(METADATA);
    for (const { at, assumes } of others) expect(`${at} ${assumes.join()}`).toMatch(/let(s)? it there: /);
  });

  it.each([
    ['a provider id', node({ providerID: 'aws:///eu-west-1a/i-1' }), 'AWS'],
    ['a label', node({}, { 'kubernetes.azure.com/cluster': 'c' }), 'Azure'],
    ['a label of a node pool', node({}, { 'cloud.google.com/gke-nodepool': 'p' }), 'Google Cloud'],
    [
      'a role of a service account',
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'a', namespace: 'shop', annotations: { 'eks.amazonaws.com/role-arn': 'arn' } },
      },
      'AWS',
    ],
  ])('knows a cloud by %s', (_, sign, name) => {
    const [found] = servicesFor([sign]);
    expect(found).toMatchObject({ kind: 'metadata', status: 'INFERRED', technique: 'T1552.005' });
    expect(found?.gives).toContain(name);
    expect(found?.assumes).not.toContain('the cluster runs on a cloud');
  });

  it('leaves the metadata service out where pods are answered by another', () => {
    const labels = { 'cloud.google.com/gke-nodepool': 'p', 'iam.gke.io/gke-metadata-server-enabled': 'true' };
    expect(kinds([node({}, labels)])).not.toContain(METADATA);
  });
});

describe('the blast radius', () => {
  const told = (more: readonly Manifest[]) => {
    const facts = factsFor(more);
    return findBlastRadii(buildAttackGraph(facts)).flatMap(({ pivots }) => pivots);
  };

  it('names the credentials of the node where the cluster is known to run on a cloud', () => {
    expect(told([node({ providerID: 'aws:///eu-west-1a/i-1' })])).toContain(
      'may ask 169.254.169.254 for the credentials of its node on AWS (Node n1)',
    );
    expect(told([])).toEqual([]);
  });

  it('is where it stays: no path comes of it', () => {
    const pathsOf = (more: readonly Manifest[]) =>
      findAttackPaths(factsFor(more), { entries: [{ kind: 'pod-outside-mesh' }] }).paths.map(({ id }) => id);
    expect(pathsOf([node({ providerID: 'aws:///eu-west-1a/i-1' })])).toEqual(pathsOf([]));
  });
});
