import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { meshText, namespace } from '../../../test/small-mesh.ts';
import type { NetworkPolicy, NetworkPolicyPeer } from '../../model/k8s/network-policy.ts';
import { peersWithin } from './wide-rules.ts';

const { mesh } = meshOf(meshText([namespace('shop', { team: 'a' }), namespace('data', {}), namespace('ops', {})]));
const policy = { cluster: '', namespace: 'data', name: 'p' } as unknown as NetworkPolicy;
const podsOf = (name: string, app: string): NetworkPolicyPeer => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
  podSelector: { matchLabels: { app } },
});
const SHOP: NetworkPolicyPeer = { namespaceSelector: { matchLabels: { team: 'a' } } };

describe('what a rule for a whole namespace becomes', () => {
  it('callers that it admitted stay, those of other namespaces do not come in with them', () => {
    const from = [podsOf('shop', 'web'), podsOf('ops', 'job'), { podSelector: { matchLabels: { app: 'own' } } }];
    expect(peersWithin(mesh, policy, { from }, [SHOP])).toEqual([podsOf('shop', 'web')]);
    expect(peersWithin(mesh, policy, { from }, [{ podSelector: {} }])).toEqual([
      { podSelector: { matchLabels: { app: 'own' } } },
    ]);
  });

  it('what is for everybody is for the namespace alone', () => {
    expect(peersWithin(mesh, policy, {}, [SHOP])).toEqual([SHOP]);
    expect(peersWithin(mesh, policy, { from: [{ namespaceSelector: {} }] }, [SHOP])).toEqual([]);
    expect(peersWithin(mesh, policy, { from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }, [SHOP])).toEqual([]);
  });
});
