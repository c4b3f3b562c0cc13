import { expect, it } from 'vitest';
import { toResource } from '../../../test/read-vectors.ts';
import type { Principal } from '../../model/inventory/types.ts';
import { authorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { buildChain } from './chain.ts';
import { admitsUnnamed } from './unnamed.ts';

const STRANGER = 'cluster.local/ns/nowhere/sa/nobody' as Principal;

/** Whether a caller without an identity, and one that no policy names, may be admitted by an ALLOW policy with these rules. */
function admitted(...rules: readonly object[]): readonly boolean[] {
  const policy = toResource(authorizationPolicy, {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'p', namespace: 'foo' },
    spec: { rules },
  });
  const { anonymous, stranger } = admitsUnnamed(buildChain([policy], 'http', ['cluster.local'], []), STRANGER);
  return [anonymous, stranger];
}

const from = (...sources: readonly object[]): object => ({ from: sources.map((source) => ({ source })) });

it('without ALLOW policies everybody may be admitted, and by one without rules nobody', () => {
  expect(admitsUnnamed(buildChain([], 'http', ['cluster.local'], []), STRANGER)).toEqual({
    anonymous: true,
    stranger: true,
  });
  expect(admitted()).toEqual([false, false]);
});

it('only conditions on identity keep callers out', () => {
  expect(admitted({})).toEqual([true, true]);
  expect(admitted({ to: [{ operation: { paths: ['/a'], ports: ['1'] } }] })).toEqual([true, true]);
  expect(admitted(from({ ipBlocks: ['10.0.0.0/8'], requestPrincipals: ['*'] }))).toEqual([true, true]);
  expect(admitted({ when: [{ key: 'request.headers[a]', values: ['1'] }] })).toEqual([true, true]);
});

it.each([
  ['principals', 'source.principal', 'cluster.local/ns/a/sa/b', '*'],
  ['namespaces', 'source.namespace', 'a', 'nowhere'],
  ['serviceAccounts', 'source.serviceAccount', 'a/b', 'nowhere/nobody'],
  ['trustDomains', 'source.trustDomain', 'other', 'cluster.local'],
])('%s', (field, key, named, wide) => {
  const negative = `not${field.charAt(0).toUpperCase()}${field.slice(1)}`;
  expect(admitted(from({ [field]: [named] }))).toEqual([false, false]);
  expect(admitted({ when: [{ key, values: [named] }] })).toEqual([false, false]);
  expect(admitted(from({ [field]: [wide] }))).toEqual([false, true]);
  expect(admitted({ when: [{ key, values: [wide] }] })).toEqual([false, true]);
  expect(admitted(from({ [negative]: [named] }))).toEqual([true, true]);
  expect(admitted(from({ [negative]: [wide] }))).toEqual([true, false]);
});

it('one rule and one source is enough, all of whose conditions hold', () => {
  const nobody = { principals: ['a'] };
  expect(admitted(from(nobody), from(nobody, { ipBlocks: ['10.0.0.0/8'] }))).toEqual([true, true]);
  expect(admitted(from({ ...nobody, ipBlocks: ['10.0.0.0/8'] }))).toEqual([false, false]);
  expect(admitted({ ...from({}), when: [{ key: 'source.principal', values: ['a'] }] })).toEqual([false, false]);
});
