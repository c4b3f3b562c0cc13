import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../../test/mesh-of.ts';
import { type Allowed, allowIn, rowsOf } from '../../../../test/pivot-edges.ts';
import { type Manifest, meshConfig, meshText, namespace, workload } from '../../../../test/small-mesh.ts';
import { Enforcement } from '../../../semantics/enforcement.ts';
import { makeFacts } from '../../make-facts.ts';
import { nameAccounts } from './name-accounts.ts';

const PODS: Allowed = { resources: ['pods'], verbs: ['create'] };
const ACCOUNTS: Allowed = { resources: ['serviceaccounts'], verbs: ['create'] };
const EAST = [namespace('shop'), namespace('bank'), ...workload('shop', 'web'), ...workload('bank', 'teller')];
const WEST = [namespace('bank'), ...workload('bank', 'ledger'), ...workload('bank', 'teller')];

function edges(east: readonly Manifest[], west: readonly Manifest[] = []): readonly string[] {
  const { mesh } = meshOf({ east: meshText([...EAST, ...east]), west: meshText([...WEST, ...west]) });
  return rowsOf(nameAccounts.find(makeFacts(new Enforcement(mesh), {})));
}

const LEDGER = 'east:shop/web -> identity cluster.local/ns/bank/sa/ledger by RoleBinding bank/binding';

describe('nameAccounts', () => {
  it('gives the identities of a namespace of the same name in other clusters that the own one lacks', () => {
    expect(edges(allowIn('bank', [PODS, ACCOUNTS]))).toEqual([LEDGER]);
  });

  it('asks for the right to make the account, unless it is there', () => {
    expect(edges(allowIn('bank', [PODS]))).toEqual([]);
    expect(edges(allowIn('bank', [ACCOUNTS]))).toEqual([]);
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'ledger', namespace: 'bank' } };
    expect(edges([...allowIn('bank', [PODS]), account])).toEqual([LEDGER]);
  });

  it('gives nothing between trust domains, and nothing in one cluster', () => {
    const of = (trustDomain: string) => meshConfig({ trustDomain });
    const allowed = allowIn('bank', [PODS, ACCOUNTS]);
    expect(edges([...allowed, of('east.local')], [of('west.local')])).toEqual([]);
    const { mesh } = meshOf(meshText([...EAST, ...allowed]));
    expect([...nameAccounts.find(makeFacts(new Enforcement(mesh), {}))]).toEqual([]);
  });
});
