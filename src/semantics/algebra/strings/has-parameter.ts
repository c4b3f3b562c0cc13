import { DEAD, type Machine } from './machine.ts';
import { States } from './states.ts';

type State =
  | { readonly kind: 'path' | 'other' | 'accepted' }
  /** So many characters of the name were read, and of a percent code that may be the next one. */
  | { readonly kind: 'name'; readonly read: number; readonly code: string };

/** Paths whose query has a parameter of this name, which may be written in percent codes: where tokens are looked for. */
export function hasParameter(name: string): Machine {
  const states = new States<State>();
  const plain = (kind: 'path' | 'other' | 'accepted'): number => states.number(kind, { kind });
  const inName = (read: number, code = ''): number => states.number(`${read} ${code}`, { kind: 'name', read, code });
  const isWhole = (state: State | undefined): boolean =>
    state?.kind === 'accepted' || (state?.kind === 'name' && state.read === name.length && state.code === '');
  const decoded = (read: number, code: string): number => {
    if (code.length < 3) return inName(read, code);
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return name.charAt(read) === character ? inName(read + 1) : plain('other');
  };
  const inNameAt = ({ read, code }: Extract<State, { kind: 'name' }>, character: string): number => {
    if (character === '&') return isWhole({ kind: 'name', read, code }) ? plain('accepted') : inName(0);
    if (character === '=') return isWhole({ kind: 'name', read, code }) ? plain('accepted') : plain('other');
    if (code !== '') return /[0-9A-Fa-f]/.test(character) ? decoded(read, code + character) : plain('other');
    if (character === '%' && read < name.length) return inName(read, '%');
    return read < name.length && name.charAt(read) === character ? inName(read + 1) : plain('other');
  };
  return {
    start: plain('path'),
    step(number, character) {
      const state = states.at(number);
      switch (state?.kind) {
        case 'path':
          return character === '?' ? inName(0) : number;
        case 'other':
          return character === '&' ? inName(0) : number;
        case 'accepted':
          return number;
        case 'name':
          return inNameAt(state, character);
        case undefined:
          return DEAD;
      }
    },
    accepts: (number) => isWhole(states.at(number)),
    acceptsAll: (number) => states.at(number)?.kind === 'accepted',
    characters: new Set([...name, ...'?&=%0123456789ABCDEFabcdef']),
  };
}
