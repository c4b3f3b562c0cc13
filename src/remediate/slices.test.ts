import { expect, test } from 'vitest';
import { readText } from '../collect/read-text.ts';
import { loadMesh } from '../engine/load-mesh.ts';
import type { Resource } from '../model/resource.ts';
import type { Applied } from './apply-changes.ts';
import type { Change } from '../model/change/change.ts';
import { enforcementOf, type SliceGround } from './slices.ts';

const policy = (namespace: string): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: open, namespace: ${namespace}}
spec: {rules: [{}]}
`;

const { mesh, rebuild } = loadMesh(readText([policy('shop'), policy('bank')].join('---\n'), 'mesh.yaml').objects);

const policyIn = (namespace: string): Resource =>
  mesh.resources.find('AuthorizationPolicy', namespace, 'open', '') as Resource;

const setRules = (namespace: string, rules: readonly unknown[]): Change => ({
  kind: 'edit',
  resource: policyIn(namespace),
  edits: [{ op: 'set', path: ['spec', 'rules'], value: rules }],
});

const groundOf = (): SliceGround => ({ mesh: { ...mesh }, pending: [], rebuild });

const SHOP = new Set(['shop']);
const rulesOf = (applied: Applied): unknown =>
  'refused' in applied
    ? applied.refused
    : applied.enforcement.mesh.resources
        .of('AuthorizationPolicy')
        .map(({ namespace, spec }) => [namespace, spec.rules?.length]);

test('the same state of a part is the same object', () => {
  const ground = groundOf();
  const closed = setRules('shop', []);
  const pending = [closed, setRules('bank', [])];
  expect(rulesOf(enforcementOf(ground, SHOP))).toEqual([['shop', 1]]);
  const after = enforcementOf({ ...ground, pending }, SHOP);
  expect(rulesOf(after)).toEqual([['shop', 0]]);
  const again = enforcementOf({ ...ground, pending }, SHOP);
  expect('enforcement' in after && 'enforcement' in again && after.enforcement === again.enforcement).toBe(true);
  expect(rulesOf(enforcementOf({ ...ground, pending }, new Set(['bank'])))).toEqual([['bank', 0]]);
});

test('what comes after a step is where the next one starts', () => {
  const ground = groundOf();
  const closed = setRules('shop', []);
  const after = enforcementOf(ground, SHOP, [closed]);
  const before = enforcementOf({ ...ground, pending: [closed] }, SHOP);
  expect('enforcement' in after && 'enforcement' in before && after.enforcement === before.enforcement).toBe(true);
});

test('an earlier state can be asked for after a later one, and another one beside it', () => {
  const ground = groundOf();
  const [closed, wide] = [setRules('shop', []), setRules('shop', [{}, {}])];
  enforcementOf({ ...ground, pending: [closed] }, SHOP);
  expect(rulesOf(enforcementOf(ground, SHOP))).toEqual([['shop', 1]]);
  expect(rulesOf(enforcementOf({ ...ground, pending: [wide] }, SHOP))).toEqual([['shop', 2]]);
  expect(rulesOf(enforcementOf({ ...ground, pending: [closed, wide] }, SHOP))).toEqual([['shop', 2]]);
});

test('a change that cannot be made leaves the state as it was', () => {
  const ground = groundOf();
  const gone: Change = { kind: 'remove', resource: policyIn('bank') };
  expect(enforcementOf(ground, SHOP, [gone])).toEqual({
    refused: 'AuthorizationPolicy bank/open is not there any more',
  });
  expect(rulesOf(enforcementOf(ground, SHOP))).toEqual([['shop', 1]]);
});
