import { describe, expect, it } from 'vitest';
import { allowEverywhere, allowIn, edgesOf, TWO_TEAMS } from '../../../../test/pivot-edges.ts';
import { editNamespaces } from './edit-namespaces.ts';

const label = (names?: readonly string[]) => [
  { resources: ['namespaces'], verbs: ['patch'], ...(names ? { names } : {}) },
];

describe('editNamespaces', () => {
  it('opens what is in the namespace', () => {
    const found = (cause: string) => ['audit', 'ledger'].map((name) => `shop/web -> bank/${name} by ${cause} (reach)`);
    expect(edgesOf(editNamespaces, [...TWO_TEAMS, ...allowIn('bank', label())])).toEqual(
      found('RoleBinding bank/binding'),
    );
    expect(edgesOf(editNamespaces, [...TWO_TEAMS, ...allowEverywhere(label(['bank']))])).toEqual(
      found('ClusterRoleBinding /binding'),
    );
    expect(edgesOf(editNamespaces, [...TWO_TEAMS, ...allowIn('bank', label(['shop']))])).toEqual([]);
  });

  it('is tier 0 for all of them', () => {
    expect(edgesOf(editNamespaces, [...TWO_TEAMS, ...allowEverywhere(label())])).toEqual([
      'shop/web -> tier 0: may take every namespace out of the mesh by ClusterRoleBinding /binding',
    ]);
  });
});
