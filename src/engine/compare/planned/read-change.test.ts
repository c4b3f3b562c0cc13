import { describe, expect, it } from 'vitest';
import { inlineObject } from '../../../collect/collect.ts';
import { type Manifest, meshConfig, namespace, policy, workload } from '../../../../test/small-mesh.ts';
import { type RawInput, toMesh } from '../../read-input.ts';
import { readChange } from './read-change.ts';

const MESH: readonly Manifest[] = [
  namespace('shop'),
  ...workload('shop', 'api', { ports: { http: 8080 } }),
  policy('AuthorizationPolicy', 'shop', 'trial', { rules: [{}] }, { annotations: { 'istio.io/dry-run': 'true' } }),
];

function inputOf(manifests: readonly Manifest[] = MESH): RawInput {
  const provenance = { sources: [], skippedKinds: {} };
  const objects = manifests.map((value) => inlineObject(value, 'mesh.yaml', 1));
  return { objects, observations: [], facts: {}, stated: {}, provenance, diagnostics: [] };
}

const meshAfter = (text: string, input = inputOf()) => toMesh(readChange(text).apply(input)).mesh;

describe('readChange', () => {
  it('sets the mode of the namespace, in the policy that is there or in a new one', () => {
    const added = meshAfter('pa=strict@shop').resources.find('PeerAuthentication', 'shop', 'default');
    expect(added?.spec.mtls).toEqual({ mode: 'STRICT' });
    const own = policy('PeerAuthentication', 'shop', 'own', { mtls: { mode: 'PERMISSIVE' }, selector: {} });
    const { resources } = meshAfter('pa=STRICT@shop', inputOf([...MESH, own]));
    expect(resources.of('PeerAuthentication').map(({ name, spec }) => [name, spec.mtls?.mode])).toEqual([
      ['own', 'STRICT'],
    ]);
  });

  it('means the root namespace by `mesh`', () => {
    const place = (manifests: readonly Manifest[]) =>
      meshAfter('pa=STRICT@mesh', inputOf([...MESH, ...manifests])).resources.of('PeerAuthentication')[0]?.namespace;
    expect(place([])).toBe('istio-system');
    expect(place([meshConfig({ rootNamespace: 'istio-config' })])).toBe('istio-config');
  });

  it('moves a namespace to another data plane', () => {
    expect(meshAfter('dataplane=ambient@shop').workloads.map(({ dataPlane }) => dataPlane.kind)).toEqual(['ambient']);
    expect(meshAfter('dataplane=none@shop').workloads.map(({ dataPlane }) => dataPlane.kind)).toEqual(['none']);
  });

  it('adds a waypoint, and the label that leads to it', () => {
    const mesh = meshAfter('waypoint=edge@shop');
    expect(mesh.workloads.filter(({ gateway }) => gateway?.kind === 'waypoint').map(({ name }) => name)).toEqual([
      'edge',
    ]);
    expect(mesh.namespaces.get('shop')?.labels['istio.io/use-waypoint']).toBe('edge');
  });

  it('takes the dry-run mark off, and sets the version', () => {
    expect(meshAfter('enforce=shop/trial').resources.of('AuthorizationPolicy')[0]?.annotations).toEqual({});
    expect(meshAfter('istio=1.29').version?.value).toBe('1.29');
  });

  it('is made in every cluster that has the namespace, or in the one that is named', () => {
    const inClusters = (text: string, clusters: readonly string[]) => {
      const objects = clusters.flatMap((cluster) => MESH.map((value) => inlineObject(value, 'mesh.yaml', 1, cluster)));
      const { resources, namespaces } = meshAfter(text, { ...inputOf(), objects });
      const modes = resources.of('PeerAuthentication').map(({ cluster, spec }) => `${cluster} ${spec.mtls?.mode}`);
      const planes = [...namespaces].flatMap(([key, { labels }]) =>
        labels['istio.io/dataplane-mode'] === 'ambient' ? [key] : [],
      );
      return [...modes, ...planes].sort();
    };
    expect(inClusters('pa=STRICT@shop', ['prod'])).toEqual(['prod STRICT']);
    expect(inClusters('pa=STRICT@shop', ['east', 'west'])).toEqual(['east STRICT', 'west STRICT']);
    expect(inClusters('pa=STRICT@mesh', ['east', 'west'])).toEqual(['east STRICT', 'west STRICT']);
    expect(inClusters('pa=STRICT@west:shop', ['east', 'west'])).toEqual(['west STRICT']);
    expect(inClusters('dataplane=ambient@east:shop', ['east', 'west'])).toEqual(['east:shop']);
    expect(() => inClusters('pa=STRICT@wst:shop', ['east', 'west'])).toThrow('is not understood');
  });

  it.each([
    ['pa=LAX@shop', 'one of STRICT, PERMISSIVE, DISABLE, UNSET'],
    ['pa=STRICT', 'say where'],
    ['dataplane=linkerd@shop', 'one of ambient, sidecar, none'],
    ['istio=next', 'give a version'],
    ['wayponit@shop', 'did you mean `waypoint=…`'],
    ['waypoint@shp', 'did you mean `shop`'],
    ['enforce=shop/other', 'there is no AuthorizationPolicy `shop/other`'],
  ])('refuses %s', (text, help) => {
    const refused = (): unknown => meshAfter(text);
    expect(refused).toThrow('is not understood');
    expect(refused).toThrow(expect.objectContaining({ help: expect.stringContaining(help) }));
  });
});
