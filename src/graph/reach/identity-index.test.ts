import { describe, expect, it } from 'vitest';
import type { Principal } from '../../model/inventory/types.ts';
import { globMachine } from '../../semantics/algebra/strings/glob.ts';
import { matchesWord } from '../../semantics/algebra/strings/machine.ts';
import { namespaceGlobs, valueGlobs } from '../../semantics/algebra/strings/patterns.ts';
import { IdentityIndex } from './identity-index.ts';

const IDENTITIES = ['a', 'ab', 'b', 'b-c'].flatMap((namespace) =>
  ['app', 'app2', 'web'].map((account) => `td/ns/${namespace}/sa/${account}` as Principal),
);

describe('IdentityIndex', () => {
  const index = new IdentityIndex(IDENTITIES);
  const machines = [
    ...['*', 'td/ns/a/*', 'td/ns/a/sa/app', '*app', 'x*'].map((value) => globMachine(valueGlobs(value))),
    ...['a', 'b*', '*c'].map((value) => globMachine(namespaceGlobs(value))),
  ];

  it('finds what a machine accepts, and what it does not', () => {
    for (const machine of machines) {
      const accepted = IDENTITIES.filter((identity) => matchesWord(machine, identity)).sort();
      expect(index.find(machine, true)).toEqual(accepted);
      expect(index.find(machine, false)).toEqual(IDENTITIES.filter((identity) => !accepted.includes(identity)).sort());
    }
    expect(index.find(globMachine(valueGlobs('td/ns/a/*')), true)).toHaveLength(3);
  });
});
