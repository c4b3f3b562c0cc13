import { describe, expect, it } from 'vitest';
import { networkPolicySets, refusals } from '../../../test/replay/network-policy.ts';

describe('NetworkPolicy against two independent evaluators', () => {
  it('holds the whole recording', () => {
    expect(networkPolicySets.length).toBe(131);
    expect(networkPolicySets.reduce((sum, { vectors }) => sum + vectors.length, 0)).toBe(3195);
  });

  it.each(networkPolicySets.map((set) => [set.set, set] as const))('%s', (_name, set) => {
    for (const vector of set.vectors) {
      const refused = refusals(set, vector.request);
      expect(refused.length > 0 ? 'deny' : 'allow', vector.id).toBe(vector.expected);
      expect([...refused].sort(), vector.id).toEqual([...(vector.deniedBy ?? [])].sort());
    }
  });
});
