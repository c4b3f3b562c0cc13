import { describe, expect, it } from 'vitest';
import { allowEverywhere, allowIn, edgesOf, TWO_TEAMS } from '../../../../test/pivot-edges.ts';
import { createWorkloads } from './create-workloads.ts';

const CREATE = [{ resources: ['pods'], verbs: ['create'] }];
const BANK = [
  'shop/web -> bank/audit by RoleBinding bank/binding',
  'shop/web -> bank/ledger by RoleBinding bank/binding',
];

describe('createWorkloads', () => {
  it('leads to every workload of the namespace', () => {
    expect(edgesOf(createWorkloads, [...TWO_TEAMS, ...allowIn('bank', CREATE)])).toEqual(BANK);
  });

  it.each([
    ['a new Deployment', 'apps', 'deployments', ['create']],
    ['a changed one', 'apps', 'deployments', ['patch']],
    ['a Job', 'batch', 'jobs', ['create']],
    ['all verbs', '*', '*', ['*']],
  ])('takes %s for the same', (_name, group, resource, verbs) => {
    const role = allowIn('bank', [{ group, resources: [resource], verbs }]);
    expect(edgesOf(createWorkloads, [...TWO_TEAMS, ...role])).toEqual(BANK);
  });

  it.each([
    ['reading', [{ resources: ['pods'], verbs: ['get', 'list', 'delete'] }]],
    ['a subresource', [{ resources: ['pods/log'], verbs: ['create'] }]],
    ['another group', [{ group: 'metrics.k8s.io', resources: ['pods'], verbs: ['create'] }]],
    ['a name, which no new pod has yet', [{ resources: ['pods'], verbs: ['create'], names: ['ledger'] }]],
    ['a changed Job', [{ group: 'batch', resources: ['jobs'], verbs: ['patch'] }]],
  ])('is not given by %s', (_name, allowed) => {
    expect(edgesOf(createWorkloads, [...TWO_TEAMS, ...allowIn('bank', allowed)])).toEqual([]);
  });

  it('takes groups for the accounts in them', () => {
    const group = (name: string) => [...TWO_TEAMS, ...allowIn('bank', CREATE, { kind: 'Group', name })];
    expect(edgesOf(createWorkloads, group('system:serviceaccounts:shop'))).toEqual(BANK);
    expect(edgesOf(createWorkloads, group('system:serviceaccounts'))).toHaveLength(4);
    expect(edgesOf(createWorkloads, group('bank-admins'))).toEqual([]);
  });

  it('needs a token for the API server in the pod', () => {
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'web', namespace: 'shop' },
      automountServiceAccountToken: false,
    };
    expect(edgesOf(createWorkloads, [...TWO_TEAMS, account, ...allowIn('bank', CREATE)])).toEqual([]);
  });

  it('is tier 0 for the whole cluster', () => {
    expect(edgesOf(createWorkloads, [...TWO_TEAMS, ...allowEverywhere(CREATE)])).toEqual([
      'shop/web -> tier 0: may start pods in every namespace by ClusterRoleBinding /binding',
    ]);
  });

  it('follows what may be done by impersonation, and with a minted token', () => {
    const audit = { kind: 'ServiceAccount', namespace: 'bank', name: 'audit' };
    const rename = (manifests: ReturnType<typeof allowIn>) =>
      JSON.parse(JSON.stringify(manifests).replaceAll('"role"', '"steps"').replaceAll('"binding"', '"steps"'));
    const become = (resource: string, verb: string) =>
      rename(allowIn('bank', [{ resources: [resource], verbs: [verb], names: ['audit'] }]));
    const mesh = [...TWO_TEAMS, ...allowIn('shop', CREATE, audit)];
    expect(edgesOf(createWorkloads, [...mesh, ...become('serviceaccounts', 'impersonate')])).toEqual([
      'bank/audit -> shop/web by RoleBinding shop/binding',
    ]);
    expect(edgesOf(createWorkloads, [...mesh, ...become('serviceaccounts/token', 'create')])).toEqual([
      'bank/audit -> shop/web by RoleBinding shop/binding',
      'identity cluster.local/ns/bank/sa/audit -> shop/web by RoleBinding shop/binding',
    ]);
  });
});
