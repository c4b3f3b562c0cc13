import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, workload } from '../../../test/small-mesh.ts';
import { NetworkPlaces } from './network-places.ts';

const np = (home: string, ingress: readonly Manifest[], podSelector: Manifest = {}): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'np', namespace: home },
  spec: { podSelector, policyTypes: ['Ingress'], ingress },
});
const from = (...peers: readonly Manifest[]): Manifest => ({ from: peers });
const named = (...values: readonly string[]): Manifest => ({
  namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values }] },
});
const labelled = (team: string): Manifest => ({ namespaceSelector: { matchLabels: { team } } });

/** What `shop/api` may be asked from, and what it really is: of each namespace that is not among them every pod is refused. */
function admittedBy(...ingress: readonly Manifest[]): readonly string[] | undefined {
  const { enforcement, mesh } = factsOfText(
    meshText([
      namespace('shop'),
      namespace('ops', { 'istio-injection': 'enabled', team: 'ops' }),
      namespace('dev', { team: 'dev' }),
      ...workload('shop', 'api', { ports: { http: 8080 } }),
      ...['shop', 'ops', 'dev', 'unknown'].flatMap((home) => workload(home, 'client')),
      np('shop', ingress, { matchLabels: { app: 'api' } }),
    ]),
    'shop',
    {},
    { cni: 'enforces-network-policy' },
  );
  const network = new NetworkPlaces(enforcement);
  const api = mesh.workloads.find(({ id }) => id === 'shop/api');
  const [port] = api?.ports ?? [];
  if (!api || !port) throw new Error('no shop/api');
  const admitted = network.admitted.of(api);
  for (const client of mesh.workloads) {
    if (client === api || !admitted || admitted.has(client.namespace)) continue;
    expect(network.admits({ kind: 'workload', workload: client }, api, port, 'mtls')).toBe('deny');
  }
  return admitted && [...admitted].sort();
}

describe('AdmittedNamespaces', () => {
  it.each([
    ['nobody', [], []],
    ['pods of its own namespace', [from({ podSelector: {} })], ['shop']],
    ['namespaces by name', [from(named('ops', 'gone'))], ['ops']],
    ['namespaces by label, and those whose labels are not known', [from(labelled('ops'))], ['ops', 'unknown']],
    ['several rules', [from(named('dev')), from({ podSelector: { matchLabels: { app: 'x' } } })], ['dev', 'shop']],
  ])('admits %s', (_name, rules, expected) => {
    expect(admittedBy(...rules)).toEqual(expected);
  });

  it.each([
    ['without `from`', [{}]],
    ['by address', [from(named('ops')), from({ ipBlock: { cidr: '10.0.0.0/8' } })]],
  ])('does not tell namespaces apart where a rule admits %s', (_name, rules) => {
    expect(admittedBy(...rules)).toBeUndefined();
  });
});
