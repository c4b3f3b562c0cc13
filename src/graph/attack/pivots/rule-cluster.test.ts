import { describe, expect, it } from 'vitest';
import { type Allowed, allowEverywhere, allowIn, edgesOf, TWO_TEAMS } from '../../../../test/pivot-edges.ts';
import { beClusterAdmin } from './be-cluster-admin.ts';
import type { Pivot } from './pivot.ts';
import { approveCertificates, editWebhooks, mountNodeDisks, useKubelets } from './rule-cluster.ts';

const certificates = 'certificates.k8s.io';
const approval = { group: certificates, resources: ['certificatesigningrequests/approval'], verbs: ['update'] };
const request = { group: certificates, resources: ['certificatesigningrequests'], verbs: ['create'] };
const signer = (name: string) => ({ group: certificates, resources: ['signers'], verbs: ['approve'], names: [name] });
const volumes = { resources: ['persistentvolumes'], verbs: ['create'] };
const pods = { resources: ['pods'], verbs: ['create'] };

describe('rule the cluster', () => {
  it.each<[string, Pivot, readonly Allowed[]]>([
    [
      'may put webhooks before the API server',
      editWebhooks,
      [{ group: 'admissionregistration.k8s.io', resources: ['mutatingwebhookconfigurations'], verbs: ['update'] }],
    ],
    ['may run commands in every pod', useKubelets, [{ resources: ['nodes/proxy'], verbs: ['create'] }]],
    [
      'may have certificates of any user signed',
      approveCertificates,
      [approval, request, signer('kubernetes.io/kube-apiserver-client')],
    ],
    ['root on every node', mountNodeDisks, [volumes, pods]],
    ['may do everything in the cluster', beClusterAdmin, [{ group: '*', resources: ['*'], verbs: ['*'] }]],
  ])('%s', (name, pivot, allowed) => {
    const found = [`shop/web -> tier 0: ${name} by ClusterRoleBinding /binding`];
    expect(edgesOf(pivot, [...TWO_TEAMS, ...allowEverywhere(allowed)])).toEqual(found);
    // None of these has a namespace.
    expect(edgesOf(pivot, [...TWO_TEAMS, ...allowIn('bank', allowed)])).toEqual([]);
  });

  it.each<[string, Pivot, readonly Allowed[]]>([
    [
      'approval for a signer that no user comes from',
      approveCertificates,
      [approval, request, signer('example.com/web')],
    ],
    ['approval alone', approveCertificates, [approval]],
    ['volumes without pods', mountNodeDisks, [volumes]],
    ['reading webhooks', editWebhooks, [{ group: 'admissionregistration.k8s.io', resources: ['*'], verbs: ['get'] }]],
  ])('%s is not enough', (_name, pivot, allowed) => {
    expect(edgesOf(pivot, [...TWO_TEAMS, ...allowEverywhere(allowed)])).toEqual([]);
  });

  it('knows the roles that every cluster has', () => {
    const [, binding] = allowEverywhere([]);
    const manifest = { ...binding, roleRef: { kind: 'ClusterRole', name: 'cluster-admin' } };
    expect(edgesOf(beClusterAdmin, [...TWO_TEAMS, manifest])).toHaveLength(1);
  });
});
