import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entries, severityTable } from '../result/method.ts';
import type { Factors } from '../rules/rule.ts';
import { severityOf, severityRank } from './severity.ts';

const levels = ['critical', 'high', 'medium', 'low', 'none'] as const;

const plain: Factors = {
  entry: 'plaintext',
  requires: [],
  breaches: 0,
  sensitivity: 'critical',
  compensations: [],
  stated: true,
  defenceInDepth: false,
};

const anyFactors: fc.Arbitrary<Factors> = fc.record({
  entry: fc.constantFrom(...entries),
  requires: fc.array(fc.constantFrom('a token', 'an approval'), { maxLength: 4 }),
  breaches: fc.nat(4),
  sensitivity: fc.constantFrom(...levels),
  compensations: fc.array(fc.constantFrom('a NetworkPolicy', 'a DENY'), { maxLength: 3 }),
  stated: fc.boolean(),
  defenceInDepth: fc.boolean(),
});

const rankOf = (factors: Factors): number => severityRank(severityOf(factors).severity);

test('the table falls with the entry and with the sensitivity', () => {
  for (const [row, entry] of entries.entries()) {
    for (const [column, level] of levels.entries()) {
      const here = severityRank(severityTable[entry][level]);
      const below = entries[row + 1];
      const right = levels[column + 1];
      if (below) expect(severityRank(severityTable[below][level])).toBeGreaterThanOrEqual(here);
      if (right) expect(severityRank(severityTable[entry][right])).toBeGreaterThanOrEqual(here);
    }
  }
});

test.each([
  ['plaintext to a critical asset', {}, 'CRITICAL'],
  ['… also where nothing is stated as wanted', { stated: false }, 'CRITICAL'],
  ['any identity to a critical asset, wanted traffic stated', { entry: 'any-identity' }, 'CRITICAL'],
  ['… probable where nothing is stated', { entry: 'any-identity', stated: false }, 'HIGH'],
  ['plaintext to what nobody classified', { sensitivity: 'medium', stated: false }, 'MEDIUM'],
  [
    'the internet without a token to what nobody classified',
    { entry: 'internet', sensitivity: 'medium', stated: false },
    'HIGH',
  ],
  ['the internet with a token to a critical asset', { entry: 'internet', requires: ['a token'] }, 'HIGH'],
  ['two things required', { requires: ['a token', 'an approval'] }, 'MEDIUM'],
  ['a third thing required moves nothing', { requires: ['a', 'b', 'c'] }, 'MEDIUM'],
  ['one breach is assumed of any attacker', { breaches: 1 }, 'CRITICAL'],
  ['two breaches', { breaches: 2 }, 'HIGH'],
  ['two controls in the way', { compensations: ['a DENY', 'a NetworkPolicy'] }, 'MEDIUM'],
  ['a missing layer without a way to use it', { defenceInDepth: true }, 'MEDIUM'],
  ['no way in to what nobody classified', { entry: 'none', sensitivity: 'medium', defenceInDepth: true }, 'LOW'],
  ['a fail is LOW at least', { entry: 'named-identities', sensitivity: 'none', compensations: ['a', 'b', 'c'] }, 'LOW'],
] as const)('%s', (_name, changes, severity) => {
  expect(severityOf({ ...plain, ...changes }).severity).toBe(severity);
});

test('factors tell what moved it, in order, and only that', () => {
  expect(
    severityOf({ ...plain, entry: 'any-identity', requires: ['a token'], breaches: 2, stated: false }).factors,
  ).toEqual([
    'reachable with any identity of the mesh, sensitivity critical: CRITICAL',
    'requires a token: one step down, HIGH',
    '2 workloads must be taken over first: one step down, MEDIUM',
  ]);
  expect(severityOf({ ...plain, entry: 'any-identity', stated: false }).factors.at(-1)).toBe(
    'no wanted traffic is stated, so the excess is probable: HIGH at most',
  );
  expect(severityOf({ ...plain, sensitivity: 'none', compensations: ['a DENY'] }).factors).toHaveLength(1);
});

test('removing a weakness never raises anything', () => {
  fc.assert(
    fc.property(
      anyFactors,
      fc.nat(4),
      fc.nat(4),
      fc.constantFrom('requires', 'breaches', 'compensations', 'defence', 'entry', 'sensitivity'),
      (factors, entry, level, what) => {
        const lessWeak: Factors =
          what === 'requires'
            ? { ...factors, requires: [...factors.requires, 'a client certificate'] }
            : what === 'breaches'
              ? { ...factors, breaches: factors.breaches + 1 }
              : what === 'compensations'
                ? { ...factors, compensations: [...factors.compensations, 'another control'] }
                : what === 'defence'
                  ? { ...factors, defenceInDepth: true }
                  : what === 'entry'
                    ? { ...factors, entry: entries[Math.max(entry, entries.indexOf(factors.entry))] ?? 'none' }
                    : {
                        ...factors,
                        sensitivity: levels[Math.max(level, levels.indexOf(factors.sensitivity))] ?? 'none',
                      };
        expect(rankOf(lessWeak)).toBeGreaterThanOrEqual(rankOf(factors));
      },
    ),
    { numRuns: 2000, seed: 7 },
  );
});

test('within the bounds of the method: a fail is between LOW and CRITICAL, and the limits hold', () => {
  fc.assert(
    fc.property(anyFactors, (factors) => {
      const { severity, factors: moved } = severityOf(factors);
      expect(['CRITICAL', 'HIGH', 'MEDIUM', 'LOW']).toContain(severity);
      if (factors.defenceInDepth) expect(severityRank(severity)).toBeGreaterThanOrEqual(severityRank('MEDIUM'));
      const anonymous =
        factors.sensitivity === 'critical' && (factors.entry === 'internet' || factors.entry === 'plaintext');
      if (!factors.stated && !anonymous) expect(severity).not.toBe('CRITICAL');
      expect(moved.at(-1)).toContain(severity);
    }),
    { numRuns: 2000, seed: 11 },
  );
});
