import { describe, expect, it } from 'vitest';
import { allowEverywhere, allowIn, edgesOf, TWO_TEAMS } from '../../../../test/pivot-edges.ts';
import { impersonate } from './impersonate.ts';

const as = (resources: readonly string[], names?: readonly string[]) => [
  { resources, verbs: ['impersonate'], ...(names ? { names } : {}) },
];
const ANYBODY = ['shop/web -> tier 0: may act as anybody at the API server by ClusterRoleBinding /binding'];

describe('impersonate', () => {
  it('leads to everything with users, with groups beside them, and with all service accounts', () => {
    for (const resources of [['users'], ['users', 'groups'], ['serviceaccounts']])
      expect(edgesOf(impersonate, [...TWO_TEAMS, ...allowEverywhere(as(resources))])).toEqual(ANYBODY);
    expect(edgesOf(impersonate, [...TWO_TEAMS, ...allowEverywhere(as(['users'], ['system:admin']))])).toEqual(ANYBODY);
  });

  it('leads nowhere by itself with groups alone, a harmless name, or in a namespace', () => {
    expect(edgesOf(impersonate, [...TWO_TEAMS, ...allowEverywhere(as(['groups']))])).toEqual([]);
    expect(edgesOf(impersonate, [...TWO_TEAMS, ...allowEverywhere(as(['users'], ['jane']))])).toEqual([]);
    expect(edgesOf(impersonate, [...TWO_TEAMS, ...allowIn('bank', as(['users', 'serviceaccounts']))])).toEqual([]);
  });

  it('leads to the control plane through its accounts', () => {
    expect(edgesOf(impersonate, [...TWO_TEAMS, ...allowIn('kube-system', as(['serviceaccounts']))])).toEqual([
      'shop/web -> tier 0: may act as the service accounts of kube-system by RoleBinding kube-system/binding',
    ]);
  });
});
