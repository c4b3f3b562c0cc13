import { compileRegex } from '../../gateway/regex/regex.ts';
import type { TextMatch } from '../../gateway/text-match.ts';
import type { TextSet } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import { anything, literally } from '../strings/glob.ts';
import { regexMachine } from '../strings/regex-machine.ts';

/** The values that a condition of a route takes; undefined: none at all. */
export function textSet({ kind, value }: TextMatch, pool: SetPool): TextSet | undefined {
  switch (kind) {
    case 'present':
      return anyText(pool);
    case 'exact':
      return pool.exactly([value]);
    case 'prefix':
      return pool.words(JSON.stringify(['starts', value]), 'as-is', () => [[...literally(value), ...anything()]]);
    case 'regex': {
      const regex = compileRegex(value);
      return regex && pool.machine(JSON.stringify(['regex', value]), () => regexMachine(regex));
    }
    case 'invalid':
      return undefined;
  }
}

/** Every value, also the empty one. */
export const anyText = (pool: SetPool): TextSet => pool.words('anything at all', 'as-is', () => [anything()]);
