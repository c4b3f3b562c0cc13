import { describe, expect, it } from 'vitest';
import { findPower } from '../../graph/attack/rbac/allows.ts';
import { rulesWithout } from './rules-without.ts';

const rule = (apiGroups: readonly string[], resources: readonly string[], verbs: readonly string[]) => ({
  apiGroups,
  resources,
  verbs,
});
const CREATE_PODS = { group: '', resource: 'pods', verbs: ['create'] };
const EXEC = { group: '', resource: 'pods/exec', verbs: ['create', 'get'] };

describe('rulesWithout', () => {
  it('takes just the verbs, and leaves other resources and groups as they were', () => {
    const rules = [rule(['', 'apps'], ['pods', 'services'], ['get', 'create'])];
    const left = rulesWithout(rules, [CREATE_PODS]) ?? [];
    expect(left).toEqual([
      rule(['apps'], ['pods', 'services'], ['get', 'create']),
      rule([''], ['services'], ['get', 'create']),
      rule([''], ['pods'], ['get']),
    ]);
    const granted = (group: string, resource: string, verb: string) =>
      [rules, left].map((each) => findPower(each, { group, resource, verbs: [verb] }) !== undefined);
    for (const group of ['', 'apps', 'batch'])
      for (const resource of ['pods', 'services', 'secrets'])
        for (const verb of ['get', 'create', 'delete']) {
          const [before, after] = granted(group, resource, verb);
          expect(after).toBe(before && !(group === '' && resource === 'pods' && verb === 'create'));
        }
  });

  it('leaves out rules of which nothing is left, joins those that differ in resources alone, and keeps the rest', () => {
    const other = rule([''], ['configmaps'], ['get']);
    expect(rulesWithout([rule([''], ['pods'], ['create']), other], [CREATE_PODS])).toEqual([other]);
    const both = [rule([''], ['pods', 'pods/exec', 'services'], ['get', 'create'])];
    expect(rulesWithout(both, [CREATE_PODS, EXEC])).toEqual([
      rule([''], ['services'], ['get', 'create']),
      rule([''], ['pods'], ['get']),
    ]);
    expect(rulesWithout([other], [CREATE_PODS])).toEqual([other]);
  });

  it('takes nothing from a wildcard that grants it', () => {
    for (const wide of [rule(['*'], ['pods'], ['create']), rule([''], ['*'], ['create']), rule([''], ['pods'], ['*'])])
      expect(rulesWithout([wide], [CREATE_PODS])).toBeUndefined();
    expect(rulesWithout([rule([''], ['*/exec'], ['create'])], [EXEC])).toBeUndefined();
    expect(rulesWithout([rule(['apps'], ['*'], ['*'])], [CREATE_PODS])).toHaveLength(1);
  });
});
