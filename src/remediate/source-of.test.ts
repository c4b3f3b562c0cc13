import { describe, expect, test } from 'vitest';
import { readText } from '../collect/read-text.ts';
import { decodeObjects } from '../model/decode.ts';
import type { Resource } from '../model/resource.ts';
import { sourceOf } from './source-of.ts';

function namespace(metadata: object, file = 'a.yaml'): Resource {
  const value = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x', ...metadata } };
  const [found] = decodeObjects(readText(JSON.stringify(value), file).objects).resources.of('Namespace');
  if (!found) throw new Error('no Namespace');
  return found;
}

const labelled = (labels: object) => namespace({ labels });
const annotated = (annotations: object) => namespace({ annotations });
const kustomize = 'path: base/ns.yaml\nrepo: https://example.com/base\nref: v1\n';

describe('where an object comes from', () => {
  test.each<[string, Resource, string, string, string]>([
    ['helm template', namespace({}), '# Source: shop/templates/ns.yaml\n', 'Helm', 'shop/templates/ns.yaml'],
    ['a chart', labelled({ 'helm.sh/chart': 'shop-1.2.3' }), '', 'Helm', 'chart shop-1.2.3'],
    ['Helm without more', labelled({ 'app.kubernetes.io/managed-by': 'Helm' }), '', 'Helm', 'a chart'],
    ['a release', annotated({ 'meta.helm.sh/release-name': 'shop' }), '', 'Helm', 'release shop'],
    [
      'kustomize',
      annotated({ 'config.kubernetes.io/origin': kustomize }),
      '',
      'kustomize',
      'https://example.com/base base/ns.yaml',
    ],
    [
      'Argo CD',
      annotated({ 'argocd.argoproj.io/tracking-id': 'shop:/Namespace:x/x' }),
      '',
      'Argo CD',
      'application shop',
    ],
    [
      'Flux',
      labelled({ 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' }),
      '',
      'Flux',
      'Kustomization flux-system/apps',
    ],
    ['Flux with Helm', labelled({ 'helm.toolkit.fluxcd.io/name': 'shop' }), '', 'Flux', 'HelmRelease shop'],
    [
      'the operator',
      labelled({ 'install.operator.istio.io/owning-resource': 'installed-state' }),
      '',
      "Istio's installer",
      'IstioOperator installed-state',
    ],
    [
      'a controller',
      namespace({ ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', controller: true }] }),
      '',
      'its controller',
      'ReplicaSet web-1',
    ],
    ['stdin', namespace({}, '<stdin>'), '', 'stdin', 'what was piped'],
  ])('%s', (_name, resource, lead, by, origin) => {
    expect(sourceOf(resource, lead)).toEqual({ kind: 'rendered', by, origin, help: expect.stringMatching(/^change /) });
  });

  test('a file that somebody wrote, also with the labels that are common', () => {
    const resource = labelled({ 'app.kubernetes.io/instance': 'shop', 'app.kubernetes.io/managed-by': 'team-web' });
    expect(sourceOf(resource, '# the shop\n')).toEqual({ kind: 'file', file: 'a.yaml' });
    // `helm template` of Istio's charts: nobody owns them.
    expect(sourceOf(labelled({ 'install.operator.istio.io/owning-resource': 'unknown' }))).toMatchObject({
      kind: 'file',
    });
  });
});
