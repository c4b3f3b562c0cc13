import { describe, expect, it } from 'vitest';
import { planOf } from '../../../test/plan-of.ts';
import { factsOfText } from '../../../test/judge-fixture.ts';
import { INJECTOR, type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { Hop } from '../../graph/attack/attack-path.ts';
import type { By } from '../../result/location.ts';
import { byHand } from './by-hand.ts';

const KINDS = [
  'AuthorizationPolicy',
  'Namespace',
  'ServiceAccount',
  'PeerAuthentication',
  'RequestAuthentication',
  'RoleBinding',
  'ClusterRoleBinding',
  'Gateway',
  'KubernetesGateway',
  'ListenerSet',
  'VirtualService',
  'HTTPRoute',
  'Ingress',
  'Service',
  'WorkloadEntry',
  'ServiceEntry',
  'ConfigMap',
  'NetworkPolicy',
  'Deployment',
  'DaemonSet',
  'Pod',
  'Something',
];

describe('what a person has to do', () => {
  const facts = factsOfText(
    meshText([namespace('shop'), ...workload('shop', 'web'), ...workload('shop', 'vault')]),
    'mesh.yaml',
  );
  const at = (id: string) => {
    const found = facts.mesh.workloads.find((each) => each.id === id);
    if (!found) throw new Error(`no ${id}`);
    return { kind: 'workload', workload: found } as const;
  };

  it.each(KINDS)('about a cause of kind %s: it names the object and what it leads to', (kind) => {
    const cause = { kind, namespace: 'shop', name: 'thing' } as By;
    const hop = { from: at('shop/web'), to: at('shop/vault'), pivot: 'reach', excess: true, cause } as unknown as Hop;
    const why = byHand.whyNot?.(facts, { cause, hops: [hop], paths: [] });
    expect(why).toMatch(/thing|shop\/vault/);
    expect(why).toMatch(/shop\/vault|shop\/web/);
    expect(why).not.toContain('Kubernetes Gateway');
    expect(why).not.toMatch(/undefined|\.$/);
  });

  it('never stands in the way of another fix', () => {
    const cause = { kind: 'Namespace', namespace: '', name: 'shop' } as By;
    expect(byHand.propose(facts, { cause, hops: [], paths: [] })).toEqual([]);
  });
});

describe('rights of a group', () => {
  const role: Manifest = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'all-pods' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:serviceaccounts:shop' }],
  };

  it('are not taken from one account: the binding is for whoever is in it', () => {
    const { ids, plan, paths } = planOf(
      [
        INJECTOR,
        namespace('istio-system', {}),
        namespace('shop'),
        ...workload('shop', 'web', { ports: { http: 8080 } }),
        policy('AuthorizationPolicy', 'shop', 'web', { ...selecting('web'), rules: [] }),
        role,
      ],
      { wanted: [{ from: 'internet', to: 'shop/web:8080' }] },
      ({ workloads }) => workloads.map((each) => ({ kind: 'workload', workload: each })),
    );
    expect(paths.map(({ cause }) => cause?.name)).toContain('all-pods');
    expect(ids).toEqual([]);
    expect(plan.unclosed.map(({ why }) => why)).toContainEqual(
      'ClusterRoleBinding all-pods gives ClusterRole cluster-admin to group `system:serviceaccounts:shop`, which shop/web is in: bind the accounts that need it one by one instead',
    );
  });
});
