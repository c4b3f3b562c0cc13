import { describe, expect, it } from 'vitest';
import { allowEverywhere, allowIn, edgesOf, TWO_TEAMS } from '../../../../test/pivot-edges.ts';
import { extendRights } from './extend-rights.ts';

const group = 'rbac.authorization.k8s.io';

describe('extendRights', () => {
  it('needs bind or escalate: without them nobody gives more than they have', () => {
    const bindings = { group, resources: ['rolebindings', 'clusterrolebindings'], verbs: ['create'] };
    expect(edgesOf(extendRights, [...TWO_TEAMS, ...allowEverywhere([bindings])])).toEqual([]);
    const bind = { group, resources: ['clusterroles'], verbs: ['bind'] };
    expect(new Set(edgesOf(extendRights, [...TWO_TEAMS, ...allowEverywhere([bindings, bind])]))).toEqual(
      new Set(['shop/web -> tier 0: may give itself any right by ClusterRoleBinding /binding']),
    );
    const view = { ...bind, names: ['view'] };
    expect(edgesOf(extendRights, [...TWO_TEAMS, ...allowEverywhere([bindings, view])])).toEqual([]);
  });

  it('is everything in the namespace of a RoleBinding', () => {
    const roles = [{ group, resources: ['roles'], verbs: ['update', 'escalate'] }];
    expect(edgesOf(extendRights, [...TWO_TEAMS, ...allowIn('bank', roles)])).toEqual([
      'shop/web -> bank/audit by RoleBinding bank/binding',
      'shop/web -> bank/ledger by RoleBinding bank/binding',
    ]);
  });
});
