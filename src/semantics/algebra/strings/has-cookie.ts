import { compileRegex } from '../../gateway/regex/regex.ts';
import type { Machine } from './machine.ts';
import { regexMachine } from './regex-machine.ts';
import { NO_WORD } from './machine.ts';

/** Lines of cookies one of which has this name. */
export function hasCookie(name: string): Machine {
  const regex = compileRegex(`(.*;)?[ \\t]*\\Q${name}\\E[ \\t]*=.*`);
  return regex ? regexMachine(regex) : NO_WORD;
}
