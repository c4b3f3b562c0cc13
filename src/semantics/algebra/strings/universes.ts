import type { PathNormalization } from '../../../model/mesh-config.ts';
import type { Universe } from './find-word.ts';
import { globMachine, literally, type Glob } from './glob.ts';
import { DEAD, type Machine } from './machine.ts';

const READABLE = 'xyzabcdefghijklmnopqrstuvw0123456789';

/** Every word of characters that pass a test; at least one character where `atLeast` is 1. */
function wordsOf(allowed: RegExp, atLeast: 0 | 1, fillers = READABLE): Universe {
  const machine: Machine = {
    start: 0,
    step: (_state, character) => (allowed.test(character) ? 1 : DEAD),
    accepts: (state) => state >= atLeast,
    acceptsAll: () => false,
    characters: new Set(),
  };
  return { machine, fillers };
}

/** Methods are tokens (RFC 9110 §5.6.2); HTTP/2 passes lower case too. */
export const METHODS = wordsOf(/[!#$%&'*+.^_`|~0-9A-Za-z-]/, 1, READABLE.toUpperCase());

/** What can stand in an authority (RFC 3986 §3.2), without user information. */
export const HOSTS = wordsOf(/[A-Za-z0-9._~!$&'()*+,;=:%[\]-]/, 1);

/** Envoy lowers the server name (reference §14); empty: none. */
export const SERVER_NAMES = wordsOf(/[!-@[-~]/, 0);

export const CLAIM_VALUES = wordsOf(/[\s\S]/, 0);

/** Field values (RFC 9110 §5.5): no control characters, no white space at either end; may be empty. */
export const HEADER_VALUES: Universe = {
  machine: {
    start: 0,
    // 0: nothing yet, 1: ends in a visible character, 2: ends in white space.
    step(state, character) {
      if (character === ' ' || character === '\t') return state === 0 ? DEAD : 2;
      return character < ' ' || character === '\u007f' ? DEAD : 1;
    },
    accepts: (state) => state !== 2,
    acceptsAll: () => false,
    characters: new Set([' ']),
  },
  fillers: READABLE,
};

/** SPIFFE ids of workloads, without the scheme: `td/ns/N/sa/S` with names that Kubernetes takes. */
export function identitiesIn(trustDomains: readonly string[]): Universe {
  const globs = trustDomains.flatMap((trustDomain) =>
    NAME_FORMS.flatMap((namespace) =>
      NAME_FORMS.map(
        (account): Glob => [
          ...literally(`${trustDomain}/ns/`),
          ...namespace('label'),
          ...literally('/sa/'),
          ...account('name'),
        ],
      ),
    ),
  );
  return { machine: globMachine(globs), fillers: READABLE };
}

/** A letter or digit at both ends. */
const NAME_FORMS: readonly ((of: 'label' | 'name') => Glob)[] = [
  () => [{ of: 'alphanumeric', repeats: false }],
  (of) => [
    { of: 'alphanumeric', repeats: false },
    { of, repeats: true },
    { of: 'alphanumeric', repeats: false },
  ],
];

const UNRESERVED = /[A-Za-z0-9\-._~]/;
const isHex = (character: string): boolean => /[0-9A-Fa-f]/.test(character);

/**
 * Paths with query as policies see them: what `normalizePath` gives back unchanged. Source: envoy source/common/http/path_utility.cc.
 *
 * A state holds what the current segment is so far (0 empty, 1 `.`, 2 `..`, 3 anything else) and how far a percent code has come.
 */
export function normalizedPaths(mode: PathNormalization): Universe {
  const BEGIN = 1000;
  const QUERY = 1001;
  const stateOf = (segment: number, percent: number): number => percent * 4 + segment;
  const isDots = (segment: number): boolean => mode !== 'NONE' && (segment === 1 || segment === 2);
  const machine: Machine = {
    start: BEGIN,
    step(state, character) {
      if (character < '!' || character > '~' || character === '#') return DEAD;
      if (state === BEGIN) return character === '/' ? stateOf(0, 0) : DEAD;
      if (state === QUERY) return QUERY;
      const segment = state % 4;
      const percent = Math.floor(state / 4);
      if (character === '?') return isDots(segment) ? DEAD : QUERY;
      if (character === '/') {
        const folds = segment === 0 && mode !== 'NONE' && mode !== 'BASE';
        return isDots(segment) || folds ? DEAD : stateOf(0, 0);
      }
      if (mode === 'NONE') return stateOf(3, 0);
      if (character === '\\') return DEAD;
      if (character === '%') return stateOf(3, 1);
      if (percent === 1 && isHex(character)) return stateOf(3, 2 + Number.parseInt(character, 16));
      if (percent >= 2 && isHex(character)) {
        const decoded = String.fromCharCode((percent - 2) * 16 + Number.parseInt(character, 16));
        const vanishes = UNRESERVED.test(decoded) || (mode === 'DECODE_AND_MERGE_SLASHES' && /[/\\]/.test(decoded));
        return vanishes ? DEAD : stateOf(3, 0);
      }
      if (character === '.' && percent === 0 && segment < 2) return stateOf(segment + 1, 0);
      return stateOf(3, 0);
    },
    accepts: (state) => state === QUERY || (state !== BEGIN && !isDots(state % 4)),
    acceptsAll: () => false,
    characters: new Set(mode === 'NONE' ? ['/', '?'] : ['/', '?', '.', '%']),
  };
  return { machine, fillers: READABLE };
}
