import { describe, expect, it } from 'vitest';
import { allowEverywhere, allowIn, edgesOf, TWO_TEAMS } from '../../../../test/pivot-edges.ts';
import { editAuthorization, editMeshPolicy, runInProxies } from './edit-mesh-policy.ts';

const policies = [{ group: 'security.istio.io', resources: ['authorizationpolicies'], verbs: ['create'] }];
const filters = [{ group: 'networking.istio.io', resources: ['envoyfilters'], verbs: ['create'] }];

describe('edit mesh policy', () => {
  it('reaches the workloads of a namespace by authorization policies, and controls them by filters', () => {
    expect(edgesOf(editAuthorization, [...TWO_TEAMS, ...allowIn('bank', policies)])).toEqual([
      'shop/web -> bank/audit by RoleBinding bank/binding (reach)',
      'shop/web -> bank/ledger by RoleBinding bank/binding (reach)',
    ]);
    expect(edgesOf(runInProxies, [...TWO_TEAMS, ...allowIn('bank', filters)])).toEqual([
      'shop/web -> bank/audit by RoleBinding bank/binding',
      'shop/web -> bank/ledger by RoleBinding bank/binding',
    ]);
    expect(edgesOf(editMeshPolicy, [...TWO_TEAMS, ...allowIn('bank', policies)])).toEqual([]);
  });

  it('is tier 0 everywhere and in the root namespace', () => {
    const found = (cause: string) => [`shop/web -> tier 0: may change what the whole mesh enforces by ${cause}`];
    expect(edgesOf(editMeshPolicy, [...TWO_TEAMS, ...allowEverywhere(policies)])).toEqual(
      found('ClusterRoleBinding /binding'),
    );
    expect(edgesOf(editMeshPolicy, [...TWO_TEAMS, ...allowIn('istio-system', filters)])).toEqual(
      found('RoleBinding istio-system/binding'),
    );
    expect(edgesOf(editAuthorization, [...TWO_TEAMS, ...allowEverywhere(policies)])).toEqual([]);
  });

  it('needs more than reading, or than one object by name', () => {
    for (const allowed of [
      { ...policies[0], verbs: ['get', 'list'] },
      { ...policies[0], verbs: ['patch'], names: ['one'] },
    ])
      expect(edgesOf(editMeshPolicy, [...TWO_TEAMS, ...allowEverywhere([{ resources: [], ...allowed }])])).toEqual([]);
  });
});
