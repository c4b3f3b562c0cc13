import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizePath } from '../../http/normalize-path.ts';
import { pathTemplateMatcher } from '../../authz/path-template.ts';
import { valueMatcher } from '../../authz/value-matcher.ts';
import { namespaceMatcher, principalMatcher, serviceAccountMatcher, trustDomainMatcher } from '../../authz/identity.ts';
import { findWord } from './find-word.ts';
import { globMachine } from './glob.ts';
import { beforeQuery, foldCase, matchesWord } from './machine.ts';
import {
  namespaceGlobs,
  principalGlobs,
  serviceAccountGlobs,
  templateGlob,
  trustDomainGlobs,
  valueGlobs,
} from './patterns.ts';
import { CLAIM_VALUES, HEADER_VALUES, identitiesIn, normalizedPaths } from './universes.ts';
import { wordList } from './word-list.ts';

/** All words over an alphabet up to a length. */
function wordsUpTo(length: number, alphabet: string): readonly string[] {
  const words = [''];
  for (let from = 0, i = 0; i < length; i++) {
    const end = words.length;
    for (; from < end; from++) for (const character of alphabet) words.push(`${words[from]}${character}`);
  }
  return words;
}

const WORDS = wordsUpTo(5, 'ab/');
const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 3 });
const pattern = fc.oneof(
  text,
  text.map((word) => `${word}*`),
  text.map((word) => `*${word}`),
  fc.constant('*'),
);

describe('findWord', () => {
  it('finds a word exactly if there is one, over random patterns', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 3 }), fc.array(pattern, { maxLength: 3 }), (inside, outside) => {
        const machine = (value: string) => globMachine(valueGlobs(value));
        const fits = (word: string): boolean =>
          inside.every((value) => valueMatcher(value)(word)) && !outside.some((value) => valueMatcher(value)(word));
        const found = findWord(CLAIM_VALUES, { inside: inside.map(machine), outside: outside.map(machine) });
        if (found === undefined) expect(WORDS.find(fits)).toBeUndefined();
        else expect([found, fits(found)]).toEqual([found, true]);
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });

  it('knows when one pattern lies inside another', () => {
    const machine = (value: string) => globMachine(valueGlobs(value));
    const isInside = (inner: string, outer: string): boolean =>
      findWord(CLAIM_VALUES, { inside: [machine(inner)], outside: [machine(outer)] }) === undefined;
    expect(isInside('/api/v1/*', '/api/*')).toBe(true);
    expect(isInside('/api/*', '/api/v1/*')).toBe(false);
    expect(isInside('*/internal', '*internal')).toBe(true);
    expect(isInside('*', 'a*')).toBe(false);
  });

  it('finds what two patterns share only where they overlap', () => {
    const both = { inside: ['/ab*', '*bc'].map((value) => globMachine(valueGlobs(value))), outside: [] };
    expect(findWord(CLAIM_VALUES, both)).toBe('/abc');
  });
});

describe('machines', () => {
  const agree = (
    machine: { readonly of: ReturnType<typeof globMachine>; readonly matches: (word: string) => boolean },
    words: readonly string[],
  ): void => {
    expect(words.filter((word) => matchesWord(machine.of, word))).toEqual(words.filter(machine.matches));
  };

  it('take templates as `pathTemplateMatcher` does', () => {
    for (const template of [
      '/{*}',
      '/a/{*}',
      '/{**}',
      '/a/{**}',
      '/{*}/b',
      '/a/{**}/b',
      '/ab*',
      'a',
      '/{**}/{*}',
      '/a{*}',
    ]) {
      const glob = templateGlob(template);
      const matches = pathTemplateMatcher(template);
      expect(glob === undefined, template).toBe(matches === undefined);
      if (glob && matches) agree({ of: globMachine([glob]), matches }, WORDS);
    }
  });

  it('take identities as the matchers of `decide` do', () => {
    const tds = ['td', 'tx', 'o.td'];
    const peers = tds.flatMap((td) =>
      ['a', 'ab', 'b-a'].flatMap((ns) => ['a', 'sa', 'x.y'].map((sa) => `${td}/ns/${ns}/sa/${sa}`)),
    );
    const bundle = ['td', 'tx'];
    for (const value of [
      '*',
      'td/ns/a/sa/a',
      'cluster.local/ns/a/sa/a',
      'td/*',
      '*/sa/a',
      'spiffe://td/ns/a/sa/a',
      '*d/ns/a/sa/a',
    ])
      agree({ of: globMachine(principalGlobs(value, bundle)), matches: principalMatcher(value, bundle) }, peers);
    for (const value of ['a', 'a*', '*a', 'a*b', '*', 'ns'])
      agree({ of: globMachine(namespaceGlobs(value)), matches: namespaceMatcher(value) }, peers);
    for (const value of ['a/a', 'ab/sa', 'a/x.y'])
      agree({ of: globMachine(serviceAccountGlobs(value)), matches: serviceAccountMatcher(value, 'a') }, peers);
    for (const value of ['td', '*', 't*', '*.td', 'o.td', 'cluster.local'])
      agree({ of: globMachine(trustDomainGlobs(value, bundle)), matches: trustDomainMatcher(value, bundle) }, peers);
  });

  it('compare without case, before the query, and with long lists', () => {
    const caseless = foldCase(globMachine(valueGlobs('ab*')));
    expect(['Ab', 'aBx', 'b'].map((word) => matchesWord(caseless, word))).toEqual([true, true, false]);
    const path = beforeQuery(globMachine(valueGlobs('/a')));
    expect(['/a', '/a?b', '/a#b', '/ab', '/?/a'].map((word) => matchesWord(path, word))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    const list = wordList(['ab', 'abc', 'x']);
    expect(['a', 'ab', 'abc', 'abcd', 'x'].map((word) => matchesWord(list, word))).toEqual([
      false,
      true,
      true,
      false,
      true,
    ]);
  });
});

describe('universes', () => {
  it('hold exactly the paths that normalisation leaves alone', () => {
    const words = wordsUpTo(4, '/.%2Ea?').filter((word) => word.startsWith('/'));
    for (const mode of ['BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES', 'NONE'] as const) {
      const { machine } = normalizedPaths(mode);
      const wrong = words.filter((word) => matchesWord(machine, word) !== (normalizePath(word, mode) === word));
      expect(wrong, mode).toEqual([]);
    }
  });

  it('hold no header value with white space at an end', () => {
    const { machine } = HEADER_VALUES;
    expect(['', 'a', 'a b', ' a', 'a '].map((word) => matchesWord(machine, word))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('hold identities of the trust domains given, with names that Kubernetes takes', () => {
    const { machine } = identitiesIn(['td', 'tx']);
    const words = [
      'td/ns/a/sa/b',
      'tx/ns/a-b/sa/b.c',
      'ty/ns/a/sa/b',
      'td/ns/-a/sa/b',
      'td/ns/a/sa/',
      'td/ns/a.b/sa/c',
    ];
    expect(words.map((word) => matchesWord(machine, word))).toEqual([true, true, false, false, false, false]);
  });
});
