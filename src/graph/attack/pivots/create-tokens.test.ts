import { describe, expect, it } from 'vitest';
import { allowEverywhere, allowIn, edgesOf, TWO_TEAMS } from '../../../../test/pivot-edges.ts';
import { createTokens } from './create-tokens.ts';

const mint = (names?: readonly string[]) => [
  { resources: ['serviceaccounts/token'], verbs: ['create'], ...(names ? { names } : {}) },
];
const AUDIT = 'shop/web -> identity cluster.local/ns/bank/sa/audit by RoleBinding bank/binding';
const LEDGER = 'shop/web -> identity cluster.local/ns/bank/sa/ledger by RoleBinding bank/binding';

describe('createTokens', () => {
  it('gives the identities that it is for', () => {
    expect(edgesOf(createTokens, [...TWO_TEAMS, ...allowIn('bank', mint())])).toEqual([AUDIT, LEDGER]);
    expect(edgesOf(createTokens, [...TWO_TEAMS, ...allowIn('bank', mint(['audit']))])).toEqual([AUDIT]);
  });

  it('gives one of an account that nothing runs as', () => {
    expect(edgesOf(createTokens, [...TWO_TEAMS, ...allowIn('bank', mint(['spare']))])).toEqual([
      'shop/web -> identity cluster.local/ns/bank/sa/spare by RoleBinding bank/binding',
    ]);
  });

  it('is tier 0 for all accounts, and no more than it says for some', () => {
    expect(edgesOf(createTokens, [...TWO_TEAMS, ...allowEverywhere(mint())])).toEqual([
      'shop/web -> tier 0: may mint tokens of every service account by ClusterRoleBinding /binding',
    ]);
    expect(edgesOf(createTokens, [...TWO_TEAMS, ...allowEverywhere(mint(['audit']))])).toEqual([
      'shop/web -> identity cluster.local/ns/bank/sa/audit by ClusterRoleBinding /binding',
    ]);
  });
});
