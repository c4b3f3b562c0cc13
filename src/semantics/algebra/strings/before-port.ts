import { DEAD, type Machine } from './machine.ts';
import { States } from './states.ts';

interface State {
  /** After everything that was read; DEAD where that leads nowhere. */
  readonly whole: number;
  /** Before the last colon, if nothing but digits came after it. */
  readonly host: number | undefined;
  readonly digits: boolean;
}

const isDigit = (character: string): boolean => character >= '0' && character <= '9';

/** Compares an authority without its port: digits behind the last colon. Source: envoy source/common/http/header_utility.cc (getPortStart). */
export function beforePort(machine: Machine): Machine {
  const states = new States<State>();
  const intern = (state: State): number => {
    if (state.whole === DEAD && (state.host === undefined || state.host === DEAD)) return DEAD;
    return states.number(`${state.whole} ${state.host} ${state.digits}`, state);
  };
  return {
    start: intern({ whole: machine.start, host: undefined, digits: false }),
    step(number, character) {
      const state = states.at(number);
      if (!state) return DEAD;
      const whole = state.whole === DEAD ? DEAD : machine.step(state.whole, character);
      if (character === ':') return intern({ whole, host: state.whole, digits: false });
      if (state.host !== undefined && isDigit(character)) return intern({ whole, host: state.host, digits: true });
      return intern({ whole, host: undefined, digits: false });
    },
    accepts(number) {
      const state = states.at(number);
      if (!state) return false;
      const at = state.digits && state.host !== undefined ? state.host : state.whole;
      return at !== DEAD && machine.accepts(at);
    },
    acceptsAll(number) {
      const state = states.at(number);
      // What is behind a colon may still turn out to be the port.
      return state !== undefined && state.whole !== DEAD && machine.acceptsAll(state.whole) && isOpen(machine, state);
    },
    characters: new Set([...machine.characters, ':', ...'0123456789']),
  };
}

const isOpen = (machine: Machine, { host }: State): boolean =>
  host === undefined || (host !== DEAD && machine.acceptsAll(host));
