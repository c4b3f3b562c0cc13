import type { PathNormalization } from '../../../model/mesh-config.ts';
import type { HttpRoute } from '../../gateway/http-route.ts';
import { normalizePath } from '../../http/normalize-path.ts';
import type { TextSet } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import { DEAD, type Machine } from '../strings/machine.ts';
import { States } from '../strings/states.ts';

/** How a route changes the path of what it takes. */
export type PathChange =
  | { readonly kind: 'none' }
  /** Another path, the query kept. */
  | { readonly kind: 'whole'; readonly path: string }
  /** So many characters go, and with them one slash that follows; these come in their place. */
  | { readonly kind: 'start'; readonly gone: number; readonly dropsSlash: boolean; readonly put: string }
  | { readonly kind: 'unclear' };

/** What `rewritePath` does to the paths that a route takes. */
export function pathChange({ path, rule, owner }: HttpRoute): PathChange {
  const { uri, uriRegexRewrite } = rule.spec.rewrite ?? {};
  if (uriRegexRewrite) {
    const { match, rewrite = '' } = uriRegexRewrite;
    return match === '/.*' && !rewrite.includes('\\') ? { kind: 'whole', path: rewrite } : { kind: 'unclear' };
  }
  if (!uri) return { kind: 'none' };
  if (owner.semantics === 'gateway-api' && uri === '/')
    return { kind: 'start', gone: path.kind === 'segments' ? path.value.length : 0, dropsSlash: true, put: '/' };
  if (path.kind === 'exact' || path.kind === 'regex') return { kind: 'whole', path: uri };
  return { kind: 'start', gone: path.value.length, dropsSlash: false, put: uri };
}

/** The paths, as the gateway sees them, that come out in a set of paths as the destination sees them. Undefined: not worked out. */
export function beforeRewrite(
  change: PathChange,
  set: TextSet,
  normalization: PathNormalization,
  pool: SetPool,
): TextSet | undefined {
  switch (change.kind) {
    case 'none':
      return set;
    case 'unclear':
      return undefined;
    case 'whole':
      return pool.machine(JSON.stringify(['rewritten', change, normalization, set.id]), () =>
        startingWith(set.machine, normalizePath(change.path, normalization)),
      );
    case 'start':
      // Half of a percent code, which what follows would complete.
      if (/%[0-9A-Fa-f]?$/.test(change.put)) return undefined;
      return pool.machine(JSON.stringify(['rewritten', change, normalization, set.id]), () =>
        replacingStart(set.machine, change, normalization),
      );
  }
}

/** Any path without query counts as this one; then comes the query. */
function startingWith(machine: Machine, path: string): Machine {
  const states = new States<'path' | number>();
  const plain = run(machine, path);
  const behind = (state: number): number => (state === DEAD ? DEAD : states.number(String(state), state));
  return {
    start: states.number('path', 'path'),
    step(number, character) {
      const state = states.at(number);
      if (state === undefined) return DEAD;
      if (state !== 'path') return behind(machine.step(state, character));
      if (character !== '?') return number;
      return plain === DEAD ? DEAD : behind(machine.step(plain, character));
    },
    accepts(number) {
      const state = states.at(number);
      if (state === 'path') return plain !== DEAD && machine.accepts(plain);
      return state !== undefined && machine.accepts(state);
    },
    acceptsAll(number) {
      const state = states.at(number);
      return typeof state === 'number' && machine.acceptsAll(state);
    },
    characters: new Set([...machine.characters, '?']),
  };
}

type State =
  /** So many characters are gone. */
  | { readonly kind: 'gone'; readonly read: number }
  /** What was read since then may still join with what was put there to a segment of dots, which moves up the path. */
  | { readonly kind: 'seam'; readonly read: string }
  | { readonly kind: 'behind'; readonly state: number };

function replacingStart(
  machine: Machine,
  { gone, dropsSlash, put }: Extract<PathChange, { kind: 'start' }>,
  normalization: PathNormalization,
): Machine {
  const states = new States<State>();
  const last = put.slice(put.lastIndexOf('/') + 1);
  const behind = (state: number): number =>
    state === DEAD ? DEAD : states.number(`behind ${state}`, { kind: 'behind', state });
  const seam = (read: string): number =>
    /[/?]/.test(read) || !/^\.{0,2}$/.test(last + read)
      ? behind(run(machine, normalizePath(put + read, normalization)))
      : states.number(`seam ${read}`, { kind: 'seam', read });
  const goneAfter = (read: number): number =>
    read < gone
      ? states.number(`gone ${read}`, { kind: 'gone', read })
      : states.number('gone', { kind: 'gone', read: gone });
  return {
    start: goneAfter(0),
    step(number, character) {
      const state = states.at(number);
      switch (state?.kind) {
        case 'gone':
          if (state.read < gone) return goneAfter(state.read + 1);
          return dropsSlash && character === '/' ? seam('') : seam(character);
        case 'seam':
          return seam(state.read + character);
        case 'behind':
          return behind(machine.step(state.state, character));
        case undefined:
          return DEAD;
      }
    },
    accepts(number) {
      const state = states.at(number);
      switch (state?.kind) {
        case 'gone':
          return state.read === gone && isIn(machine, normalizePath(put, normalization));
        case 'seam':
          return isIn(machine, normalizePath(put + state.read, normalization));
        case 'behind':
          return machine.accepts(state.state);
        case undefined:
          return false;
      }
    },
    acceptsAll(number) {
      const state = states.at(number);
      return state?.kind === 'behind' && machine.acceptsAll(state.state);
    },
    characters: new Set([...machine.characters, '/', '.', '?', '%']),
  };
}

function run(machine: Machine, word: string): number {
  let state = machine.start;
  for (let i = 0; i < word.length && state !== DEAD; i++) state = machine.step(state, word.charAt(i));
  return state;
}

function isIn(machine: Machine, word: string): boolean {
  const state = run(machine, word);
  return state !== DEAD && machine.accepts(state);
}
