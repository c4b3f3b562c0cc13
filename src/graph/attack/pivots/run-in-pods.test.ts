import { describe, expect, it } from 'vitest';
import { allowEverywhere, allowIn, edgesOf, TWO_TEAMS } from '../../../../test/pivot-edges.ts';
import { runInPods } from './run-in-pods.ts';

describe('runInPods', () => {
  it.each([
    ['pods/exec', 'create'],
    ['pods/exec', 'get'],
    ['pods/attach', 'create'],
    ['pods/ephemeralcontainers', 'patch'],
    ['pods', 'update'],
    ['*/exec', 'create'],
  ])('is given by %s, %s', (resource, verb) => {
    const allowed = [{ resources: [resource], verbs: [verb] }];
    expect(edgesOf(runInPods, [...TWO_TEAMS, ...allowIn('bank', allowed)])).toEqual([
      'shop/web -> bank/audit by RoleBinding bank/binding',
      'shop/web -> bank/ledger by RoleBinding bank/binding',
    ]);
  });

  it('is for the pods of that name only, and for none by reading', () => {
    const one = allowIn('bank', [{ resources: ['pods/exec'], verbs: ['create'], names: ['ledger-5f7c9-x2x4z'] }]);
    expect(edgesOf(runInPods, [...TWO_TEAMS, ...one])).toEqual(['shop/web -> bank/ledger by RoleBinding bank/binding']);
    const read = allowIn('bank', [{ resources: ['pods', 'pods/log'], verbs: ['get'] }]);
    expect(edgesOf(runInPods, [...TWO_TEAMS, ...read])).toEqual([]);
  });

  it('is tier 0 for all pods', () => {
    expect(
      edgesOf(runInPods, [...TWO_TEAMS, ...allowEverywhere([{ resources: ['pods/exec'], verbs: ['create'] }])]),
    ).toEqual(['shop/web -> tier 0: may run commands in every pod by ClusterRoleBinding /binding']);
  });
});
