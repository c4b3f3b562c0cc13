import { DEAD, type Machine } from './machine.ts';
import { States } from './states.ts';

type State =
  | { readonly kind: 'path' | 'other' | 'accepted' }
  /** So many characters of the name were read. */
  | { readonly kind: 'name'; readonly read: number }
  | { readonly kind: 'value'; readonly state: number };

/** Paths whose query has a parameter of this name, of which the first one's value is accepted. Nothing is decoded, as in Envoy's routes. */
export function queryParameter(name: string, values: Machine): Machine {
  const states = new States<State>();
  const other = (kind: 'path' | 'other' | 'accepted'): number => states.number(kind, { kind });
  const inName = (read: number): number => states.number(`name ${read}`, { kind: 'name', read });
  const inValue = (state: number): number =>
    state === DEAD ? DEAD : states.number(`value ${state}`, { kind: 'value', state });
  const ended = (state: number): number => (values.accepts(state) ? other('accepted') : DEAD);
  return {
    start: other('path'),
    step(number, character) {
      const state = states.at(number);
      switch (state?.kind) {
        case 'path':
          return character === '?' ? inName(0) : number;
        case 'other':
          return character === '&' ? inName(0) : number;
        case 'accepted':
          return number;
        case 'name': {
          const isWhole = state.read === name.length;
          if (character === '&') return isWhole ? ended(values.start) : inName(0);
          if (character === '=') return isWhole ? inValue(values.start) : other('other');
          return !isWhole && name.charAt(state.read) === character ? inName(state.read + 1) : other('other');
        }
        case 'value':
          return character === '&' ? ended(state.state) : inValue(values.step(state.state, character));
        case undefined:
          return DEAD;
      }
    },
    accepts(number) {
      const state = states.at(number);
      if (state?.kind === 'name') return state.read === name.length && values.accepts(values.start);
      return state?.kind === 'accepted' || (state?.kind === 'value' && values.accepts(state.state));
    },
    acceptsAll: (number) => states.at(number)?.kind === 'accepted',
    characters: new Set([...values.characters, ...name, '?', '&', '=']),
  };
}
