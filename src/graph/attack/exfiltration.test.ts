import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../../test/judge-fixture.ts';
import { type Manifest, meshConfig, meshText, namespace, workload } from '../../../test/small-mesh.ts';
import { exfiltrationOf } from './exfiltration.ts';

const base = [namespace('shop'), ...workload('shop', 'web', { ports: { http: 8080 } })];
const REGISTRY = meshConfig({ outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } });
const CLOSED: Manifest = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'closed', namespace: 'shop' },
  spec: { podSelector: {}, policyTypes: ['Egress'], egress: [] },
};
const entry = (spec: object): Manifest => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'ServiceEntry',
  metadata: { name: 'outside', namespace: 'shop' },
  spec: { ports: [{ number: 443, name: 'tls', protocol: 'TLS' }], exportTo: ['.'], ...spec },
});

function waysOf(...manifests: readonly Manifest[]): readonly string[] | undefined {
  const facts = factsOfText(meshText([...base, ...manifests]), 'mesh.yaml');
  const web = facts.mesh.workloads.find(({ name }) => name === 'web');
  if (!web) throw new Error('no workload');
  return exfiltrationOf(facts, web)?.map(({ kind, by }) => (by ? `${kind} by ${by.kind} ${by.name}` : kind));
}

describe('exfiltrationOf', () => {
  it('is open where nothing is said, and closed by the network', () => {
    expect(waysOf()).toEqual(['direct']);
    expect(waysOf(CLOSED)).toBeUndefined();
  });

  it('is closed by REGISTRY_ONLY as far as the proxy goes', () => {
    expect(waysOf(REGISTRY)).toBeUndefined();
  });

  it.each<[string, object, boolean]>([
    ['any address under a name', { hosts: ['*.partner.example'], resolution: 'NONE' }, true],
    ['a host where anybody has a place', { hosts: ['s3.amazonaws.com'], resolution: 'DNS' }, true],
    ['a host of one owner', { hosts: ['api.partner.example'], resolution: 'DNS' }, false],
    ['a name for other namespaces', { hosts: ['*'], resolution: 'NONE', exportTo: ['bank'] }, false],
  ])('is open through %s: %o', (_name, spec, isOpen) => {
    expect(waysOf(REGISTRY, entry(spec))).toEqual(isOpen ? ['service-entry by ServiceEntry outside'] : undefined);
  });

  it('is open past the proxy to gid 1337', () => {
    const [, service] = base;
    const manifest = JSON.parse(JSON.stringify(service)) as {
      spec: { template: { spec: { securityContext?: object } } };
    };
    manifest.spec.template.spec.securityContext = { runAsGroup: 1337 };
    const facts = factsOfText(meshText([namespace('shop'), { ...manifest }, REGISTRY]), 'mesh.yaml');
    const [web] = facts.mesh.workloads;
    expect(web && exfiltrationOf(facts, web)?.map(({ kind, by }) => `${kind} ${by?.clause}`)).toEqual([
      'past-proxy securityContext.runAsGroup',
    ]);
  });
});
