import { describe, expect, it } from 'vitest';
import { inlineObject } from '../collect/collect.ts';
import { overlayObjects } from './overlay-objects.ts';

const object = (kind: string, name: string, namespace?: string, apiVersion = 'security.istio.io/v1', cluster = '') =>
  inlineObject({ apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) } }, 'file', 1, cluster);

const names = (objects: ReturnType<typeof overlayObjects>) =>
  objects.map(({ value, cluster }) => `${cluster}${(value.metadata as { name: string }).name}`);

describe('overlayObjects', () => {
  const base = [
    object('AuthorizationPolicy', 'a', 'shop'),
    object('AuthorizationPolicy', 'b', 'shop'),
    object('AuthorizationPolicy', 'a', 'web'),
    object('PeerAuthentication', 'a', 'shop'),
  ];

  it('puts objects in place of those of the same cluster, group, kind, namespace and name', () => {
    const input = [object('AuthorizationPolicy', 'a', 'shop', 'security.istio.io/v1beta1')];
    const merged = overlayObjects(base, input, { prune: false, defaultNamespace: 'default' });
    expect(names(merged)).toEqual(['b', 'a', 'a', 'a']);
    expect(merged.at(-1)).toBe(input[0]);
    const other = [object('AuthorizationPolicy', 'a', 'shop', 'security.istio.io/v1', 'east')];
    expect(overlayObjects(base, other, { prune: false, defaultNamespace: 'default' })).toHaveLength(5);
  });

  it('takes objects that name no namespace for those of the default one', () => {
    const merged = overlayObjects(base, [object('AuthorizationPolicy', 'a')], {
      prune: false,
      defaultNamespace: 'web',
    });
    expect(names(merged)).toEqual(['a', 'b', 'a', 'a']);
  });

  it('prunes what the input leaves out, only of kinds and namespaces that it has', () => {
    const input = [object('AuthorizationPolicy', 'c', 'shop')];
    expect(names(overlayObjects(base, input, { prune: true, defaultNamespace: 'default' }))).toEqual(['a', 'a', 'c']);
  });
});
